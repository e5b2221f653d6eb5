/** A login as it comes in, whatever it came by, and the row that it leaves in the audit trail. */
import type { Credential } from '../tokens/credential.ts'
import type { Instant } from '../tokens/token_type.ts'
import type { AuditEntry } from './account.ts'
import { type Note, noteOf } from './note.ts'
import type { Verdict } from './verdict.ts'

export interface Login {
  readonly user: string
  readonly credential: Credential
  /** For the audit trail: who asked (`client:vpn`) and from where. */
  readonly actor: string
  readonly source: string
  /** The request had no Message-Authenticator. */
  readonly unsigned?: boolean | undefined
  /** How it was proved, where that is not PAP, CHAP or MS-CHAP: `eap-ttls-pap`. */
  readonly method?: string
}

/** A readmission has no credential. */
export function auditOf(
  login: Omit<Login, 'credential'> & Partial<Pick<Login, 'credential'>>,
  verdict: Verdict,
  note: Note | undefined,
  at: Instant,
): AuditEntry {
  return {
    at,
    actor: login.actor,
    source: login.source,
    user: login.user,
    serials: verdict.serials,
    action: 'login',
    outcome: verdict.kind,
    reason: verdict.reason,
    detail: noteOf(login, note),
  }
}
