/**
 * A row of the audit trail in one sentence for people: for the last logins of a user, a token's history, the live stream, and
 * as the summary of `login explain`. Says only what the row holds.
 */
import { readNote } from '../auth/note.ts'
import type { AuditRow } from '../storage/store.ts'
import { wordsOf } from './login_reasons.ts'
import { locksToken, shortWords } from './note_words.ts'

/** `rejected: the OTP was a code that had been used or passed over before (1 code back, failure 2 of 10)` */
export function inWords(row: AuditRow): string {
  return row.action === 'login' ? loginInWords(row) : operationInWords(row)
}

const SAID: Readonly<Record<AuditRow['outcome'], string>> = {
  accept: 'accepted',
  reject: 'rejected',
  challenge: 'asked back',
  done: 'done',
  refused: 'refused',
}

function loginInWords({ outcome, reason, detail }: AuditRow): string {
  const means = wordsOf(reason)?.means ?? `the reason ${reason} is not known to this version`
  const more = shortWords(detail)
  const locks = locksToken(readNote(detail)) ? '; that locked the token' : ''
  return `${SAID[outcome]}: ${means}${more === null ? '' : ` (${more})`}${locks}`
}

function operationInWords({ actor, action, outcome, reason, detail }: AuditRow): string {
  const more = [reason, detail].filter((text) => text !== null).join(': ')
  return `${nameOf(actor)} ran \`${action}\`: ${SAID[outcome]}${more === '' ? '' : ` (${more})`}`
}

/** Of `client:vpn`, `admin:carol`. */
export function nameOf(actor: string): string {
  return actor.slice(actor.indexOf(':') + 1)
}
