/**
 * What the answer to a challenge will be judged by: what was asked, when, and of which tokens as they were then. It travels
 * through the client and back within a State, so that no node has to remember it, and is good for one success without a
 * table of those that were used: a success moves a token's counter, and then the token is not as it was. Knows nothing of
 * how a State is sealed (server/states.ts).
 */
import { sha256 } from '@noble/hashes/sha2.js'
import type { Instant } from '../tokens/token_type.ts'
import type { Token } from './account.ts'

export type Stage = 'otp' | 'new-pin' | 'repeat-pin'

export interface Ticket {
  readonly stage: Stage
  /** When it was asked; of a new PIN: when its OTP was accepted, so that the dialogue cannot go on for ever. */
  readonly issuedAt: Instant
  readonly tokens: readonly Mark[]
  /** Of `repeat-pin`: salt and MAC (auth/pin.ts) of the PIN that was typed first. */
  readonly newPin: string | null
}

/** A token as it was; hexadecimal digits. */
export interface Mark {
  readonly serial: string
  /** What a success, another PIN, a resync or another enrolment changes. */
  readonly condition: string
}

/** More tokens than a State has room for, all with one PIN, are not asked for: 253 octets (RFC 2865 §5.24) less the seal. */
export const MAX_TOKENS = 8

/** A new PIN takes thought, and two answers. */
const LIFETIME_MS: Readonly<Record<Stage, number>> = {
  otp: 120_000,
  'new-pin': 240_000,
  'repeat-pin': 240_000,
}

export function ticketFor(
  stage: Stage,
  tokens: readonly Token[],
  issuedAt: Instant,
  newPin: string | null = null,
): Ticket {
  const marks = tokens.slice(0, MAX_TOKENS).map(markOf)
  // Whatever else a record may have behind its MAC stays here.
  return { stage, issuedAt, tokens: marks, newPin: newPin?.slice(0, PIN_OCTETS) ?? null }
}

/** Also if it is from the future: another node's clock, or ours, is wrong by more than that. */
export function isExpired({ stage, issuedAt }: Ticket, now: Instant): boolean {
  return Math.abs(now - issuedAt) > LIFETIME_MS[stage]
}

export function isNamedBy({ tokens }: Ticket, token: Token): boolean {
  const serial = serialMark(token)
  return tokens.some((mark) => mark.serial === serial)
}

/** Is a token that the ticket names still in the condition in which it was named? */
export function isAsItWas({ tokens }: Ticket, token: Token): boolean {
  const { serial, condition } = markOf(token)
  return tokens.some((mark) => mark.serial === serial && mark.condition === condition)
}

function markOf(token: Token): Mark {
  // The counter, not `successCount`: it only rises, whatever an operator sets.
  const { createdAt, pin, changePin, counter } = token
  return {
    serial: serialMark(token),
    condition: digest(JSON.stringify([createdAt, pin, changePin, counter])),
  }
}

function serialMark({ serial }: Token): string {
  return digest(serial)
}

const MARK_OCTETS = 8

/** Short, since nobody can choose what is compared: it is sealed, and read beside tokens of one account only. */
function digest(text: string): string {
  return Buffer.from(sha256(Buffer.from(text)).subarray(0, MARK_OCTETS)).toString('hex')
}

const FORMAT = 1
const STAGES: readonly Stage[] = ['otp', 'new-pin', 'repeat-pin']
// Format, stage, time.
const HEADER_OCTETS = 8
/** Salt and MAC of a PIN, as the text that a record begins with. */
const PIN_OCTETS = 64

export function encodeTicket({ stage, issuedAt, tokens, newPin }: Ticket): Uint8Array {
  const header = Buffer.alloc(HEADER_OCTETS)
  header[0] = FORMAT
  header[1] = STAGES.indexOf(stage)
  header.writeUIntBE(issuedAt, 2, 6)
  const marks = tokens.map(({ serial, condition }) => Buffer.from(serial + condition, 'hex'))
  return Buffer.concat([header, Buffer.from(newPin ?? '', 'latin1'), ...marks])
}

/** Null for octets that another version has made. */
export function decodeTicket(octets: Uint8Array): Ticket | null {
  const ticket = Buffer.from(octets)
  const stage = STAGES[ticket[1] ?? STAGES.length]
  if (ticket.length < HEADER_OCTETS || ticket[0] !== FORMAT || stage === undefined) return null
  const from = stage === 'repeat-pin' ? HEADER_OCTETS + PIN_OCTETS : HEADER_OCTETS
  const tokens: Mark[] = []
  let at = from
  for (; at + 2 * MARK_OCTETS <= ticket.length; at += 2 * MARK_OCTETS) {
    tokens.push({
      serial: ticket.toString('hex', at, at + MARK_OCTETS),
      condition: ticket.toString('hex', at + MARK_OCTETS, at + 2 * MARK_OCTETS),
    })
  }
  if (at !== ticket.length) return null
  const newPin = stage === 'repeat-pin' ? ticket.toString('latin1', HEADER_OCTETS, from) : null
  return { stage, issuedAt: ticket.readUIntBE(2, 6), tokens, newPin }
}
