/**
 * An audit row as an explanation: the checks of a login in the order of the decision, what was found at each, and what
 * helps. Says only what the row holds; how tokens are now stands apart. Knows no clock and no database.
 */
import { type Note, readNote } from '../auth/note.ts'
import type { AuditRow } from '../storage/store.ts'
import { CHECKS, type CheckName, type Remedy, wordsOf } from './login_reasons.ts'
import { ahead, before, failure, locksToken, PROTOCOLS, TYPED } from './note_words.ts'
import { inWords, nameOf } from './plain_words.ts'

export interface Check {
  readonly check: string
  /** `open`: not reached, not asked for, or not recorded. */
  readonly outcome: 'passed' | 'failed' | 'open'
  readonly found: string
}

export interface Explanation {
  readonly summary: string
  readonly checks: readonly Check[]
  readonly remedies: readonly Remedy[]
}

interface Login {
  readonly row: AuditRow
  readonly note: Note
  /** The row was written by a version that notes what is out of the ordinary. */
  readonly isNoted: boolean
  readonly decidedAt: CheckName
}

const NOT_RECORDED = 'not recorded'
const NOT_REACHED = 'not reached'
const REPLIED = {
  accept: 'as they were set then; below, if there are any, as they are set now',
  other: 'none: only an Access-Accept carries any',
}

export function explain(row: AuditRow, notesSince: number): Explanation {
  if (row.action !== 'login') return explainOperation(row)
  const words = wordsOf(row.reason)
  const note = readNote(row.detail)
  const decidedAt = words?.decidedAt ?? 'state'
  const login = { row, note, isNoted: row.detail !== null || row.at >= notesSince, decidedAt }
  const checks = [
    client(login),
    signature(login),
    request(login),
    state(login),
    user(login),
    enabled(login),
    pin(login),
    ...row.serials.map((serial, index) => token(login, serial, index)),
    otp(login),
    policy(login),
    open('reply attributes', REPLIED[row.outcome === 'accept' ? 'accept' : 'other']),
    answer(login),
  ]
  return {
    summary: inWords(row),
    checks: checks.filter((check) => check !== null),
    remedies: (words?.remedies ?? []).flatMap((remedy) => addressed(remedy, row)),
  }
}

const has = (check: string, found: string): Check => ({ check, outcome: 'passed', found })
const lacks = (check: string, found: string): Check => ({ check, outcome: 'failed', found })
const open = (check: string, found: string): Check => ({ check, outcome: 'open', found })

/** Whether this check was passed, was the one that decided, or was not reached. */
function placeOf({ decidedAt }: Login, check: CheckName): 'passed' | 'decided' | 'later' {
  const distance = CHECKS.indexOf(decidedAt) - CHECKS.indexOf(check)
  return distance > 0 ? 'passed' : distance === 0 ? 'decided' : 'later'
}

function isByDevice({ row }: Login): boolean {
  return row.actor.startsWith('client:')
}

function client(login: Login): Check {
  const { actor, source } = login.row
  if (!isByDevice(login)) return open('client', `none: tried by ${nameOf(actor)} with \`login check\``)
  return has('client', `${nameOf(actor)}, from ${source}`)
}

function signature(login: Login): Check {
  const name = 'Message-Authenticator'
  if (!isByDevice(login)) return open(name, 'no packet')
  if (login.note.unsigned === true) return open(name, 'not sent: the request could be forged')
  return login.isNoted ? has(name, 'verified') : open(name, NOT_RECORDED)
}

function request(login: Login): Check {
  const { protocol, method, otpOnly } = login.note
  const alone = otpOnly === true ? ', the OTP alone (otp_only)' : ''
  if (method !== undefined) return has('request read', `EAP (${method})${alone}`)
  if (protocol !== undefined) return has('request read', `${PROTOCOLS[protocol]}${alone}`)
  if (!login.isNoted) return has('request read', `protocol ${NOT_RECORDED}`)
  return has('request read', `${isByDevice(login) ? 'PAP' : 'plain password'}${alone}`)
}

const ASKED = { otp: 'an OTP', 'new-pin': 'a new PIN', 'repeat-pin': 'the new PIN once more' } as const

/** Null for the first request of a login. */
function state(login: Login): Check | null {
  const { answers, ageSeconds } = login.note
  const asked = answers === undefined ? '' : `, which asked for ${ASKED[answers]}`
  if (login.decidedAt === 'state') {
    const late = ageSeconds === undefined ? '' : `; ${ageSeconds} s old`
    return lacks('challenge answered', `${wordsOf(login.row.reason)?.means ?? 'not known'}${asked}${late}`)
  }
  return answers === undefined ? null : has('challenge answered', `in time${asked}`)
}

function user(login: Login): Check {
  const name = login.row.user ?? ''
  const place = placeOf(login, 'user')
  if (place === 'later') return open('user', NOT_REACHED)
  return place === 'decided' ? lacks('user', `${name} had no token`) : has('user', `${name} had tokens`)
}

function enabled(login: Login): Check {
  const place = placeOf(login, 'enabled')
  const { serials, outcome } = login.row
  if (place === 'later') return open('enabled tokens', NOT_REACHED)
  if (place === 'decided') return lacks('enabled tokens', `none: ${serials.join(', ')} disabled`)
  const count = login.note.enabled
  if (count !== undefined) return has('enabled tokens', `${count}, of which the PIN named ${serials.length}`)
  return has('enabled tokens', outcome === 'accept' ? 'yes' : serials.join(', '))
}

function pin(login: Login): Check {
  const { row, note, isNoted } = login
  const place = placeOf(login, 'pin')
  if (place === 'later') return open('PIN', NOT_REACHED)
  if (place === 'decided') {
    if (row.reason === 'pin-not-recoverable') return lacks('PIN', 'not known here: only its MAC is kept')
    const typed = note.typed === undefined ? '' : `; what was typed: ${TYPED[note.typed]}`
    return lacks('PIN', `of none of ${row.serials.join(', ')}${typed}`)
  }
  if (row.reason === 'wrong-pin-or-otp') return open('PIN', 'cannot be told from the OTP')
  if (note.otpOnly === true) return open('PIN', 'not looked at: this client sends the OTP alone')
  if (note.answers !== undefined) return open('PIN', 'was checked before the challenge')
  // An old row of a client with otp_only looks like any other.
  return isNoted ? has('PIN', 'right, or none is set') : open('PIN', NOT_RECORDED)
}

function token(login: Login, serial: string, index: number): Check {
  const check = `token ${serial}`
  const place = placeOf(login, 'token')
  if (place === 'later') return open(check, NOT_REACHED)
  const reason = login.note.obstacles?.[index] ?? login.row.reason
  if (place === 'decided') return lacks(check, wordsOf(reason)?.means ?? String(reason))
  return has(check, 'could be used')
}

function otp(login: Login): Check {
  const { row, note, isNoted } = login
  const place = placeOf(login, 'otp')
  if (place === 'later') return open('OTP', NOT_REACHED)
  if (note.answers === 'new-pin' || note.answers === 'repeat-pin') return open('OTP', 'was accepted before')
  if (row.reason === 'pin-change-required') return open('OTP', NOT_REACHED)
  if (place === 'decided' && row.reason === 'otp-asked') return open('OTP', 'asked for')
  const places = row.serials.map((serial, index) => `${serial}: ${foundAt(note, index)}`)
  const found = row.serials.length === 1 ? foundAt(note, 0) : places.join('; ')
  if (place === 'passed') {
    if (note.distance !== undefined) return has('OTP', `right: ${found}`)
    return has('OTP', isNoted ? 'right: the expected code' : `right; distance ${NOT_RECORDED}`)
  }
  const where = note.outOfSync === undefined && note.passed === undefined ? '' : `: ${found}`
  return lacks('OTP', `${OTP_FOUND[row.reason ?? ''] ?? 'not accepted'}${where}`)
}

const OTP_FOUND: Readonly<Record<string, string>> = {
  'wrong-otp': 'found nowhere, near or far',
  'wrong-pin-or-otp': 'no PIN and code fit',
  'otp-already-used': 'used or passed over before',
  'otp-out-of-sync': 'outside of the window',
  'next-otp-asked': 'outside of the window',
}

function foundAt({ distance, outOfSync, passed }: Note, index: number): string {
  const off = distance?.[index] ?? outOfSync?.[index]
  if (typeof off === 'number') return ahead(off)
  const back = passed?.[index]
  return typeof back === 'number' ? before(back) : 'not found'
}

function policy(login: Login): Check {
  const { row, note } = login
  const counted = note.failures?.map((pair, index) => `${row.serials[index]} ${failure(pair)}`)
  const said = [
    counted === undefined ? null : `failures in a row by then: ${counted.join(', ')}`,
    locksToken(note) ? 'a token is locked by it' : null,
    note.outOfSync === undefined ? null : autosync(login),
    row.reason === 'resynced' ? 'autosync brought the token back' : null,
  ].filter((words) => words !== null)
  const place = placeOf(login, 'policy')
  if (place === 'decided' && row.outcome === 'reject') return lacks('policy', 'the PIN must be changed first')
  if (place === 'decided') return open('policy', wordsOf(row.reason)?.means ?? '')
  if (said.length > 0) return open('policy', said.join('; '))
  return place === 'later' ? open('policy', NOT_REACHED) : has('policy', 'nothing more to ask')
}

function autosync({ note }: Login): string {
  return note.autosyncOff === true ? 'autosync is off' : 'autosync waits for the next code'
}

function answer({ row }: Login): Check {
  const said = { accept: 'Access-Accept', reject: 'Access-Reject', challenge: 'Access-Challenge' }
  const packet = said[row.outcome as keyof typeof said] ?? row.outcome
  return {
    check: 'answer',
    outcome: row.outcome === 'reject' ? 'failed' : 'passed',
    found: `${packet} (${row.reason})`,
  }
}

/** For every token of the row, up to a few. */
const SERIALS = 3

function addressed({ text, command }: Remedy, row: AuditRow): Remedy[] {
  const user = row.user === null ? 'USER' : quoted(row.user)
  if (command === null || !command.includes('SERIAL')) {
    return [{ text, command: command?.replace('USER', () => user) ?? null }]
  }
  const serials = row.serials.slice(0, SERIALS)
  return (serials.length === 0 ? ['SERIAL'] : serials).map((serial) => ({
    text,
    command: command.replace('SERIAL', () => quoted(serial)),
  }))
}

/** For a shell; a name that a RADIUS client made up must not run anything. */
function quoted(text: string): string {
  return /^[\w@.+-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

function explainOperation(row: AuditRow): Explanation {
  const { actor, source, action, user, serials, outcome, reason, detail } = row
  const done = outcome === 'done'
  return {
    summary: inWords(row),
    checks: [
      has('who', `${nameOf(actor)}, by ${source === 'socket' ? 'the admin socket' : source}`),
      has('what', action),
      ...(user === null ? [] : [has('user', user)]),
      ...(serials.length === 0 ? [] : [has('tokens', serials.join(', '))]),
      ...(detail === null ? [] : [has('changed', detail)]),
      done ? has('outcome', 'done') : lacks('outcome', reason ?? outcome),
    ],
    remedies: [],
  }
}
