/**
 * A token that goes on in a login, and how its code is looked for. In a plain password the PIN is compared and the OTP read
 * off; a proof (CHAP, MS-CHAP) is tried with PIN and code of one moving factor after the other, so that a wrong PIN cannot be
 * told from a wrong OTP, and the PIN must be known. Does not know which ranges are searched, nor what follows from a match.
 */
import { type PlainCredential, type ProofCredential, split } from '../tokens/credential.ts'
import type { Range } from '../tokens/otp_generator.ts'
import { type Token, typeOf } from './account.ts'
import { knownPin, type PinKey, pinMatches } from './pin.ts'

export interface Candidate {
  readonly token: Token
  /** What is left of the password for it; empty if a proof is tried. */
  readonly otp: string
  readonly trial: Trial | null
}

interface Trial {
  readonly credential: ProofCredential
  readonly pin: string
  /** Of the login's tries, this token's share. */
  left: number
}

/** The tokens whose PIN begins the password, each by its own number of digits. */
export function candidatesByPin(
  tokens: readonly Token[],
  credential: PlainCredential,
  pinKey: PinKey,
): Candidate[] {
  const candidates: Candidate[] = []
  for (const token of tokens) {
    const parts = split(credential, typeOf(token).settings(token.state).digits)
    if (parts !== null && pinMatches(pinKey, token.pin, parts.pin)) {
      candidates.push({ token, otp: parts.otp, trial: null })
    }
  }
  return candidates
}

/** The tokens that the proof can be tried with: those without a PIN, and those whose PIN is kept recoverably. */
export function candidatesByTrial(tokens: readonly Token[], credential: ProofCredential): Candidate[] {
  return trials(
    tokens,
    credential,
    tokens.map(({ pin }) => knownPin(pin)),
  )
}

/** All: the proof is made of the OTP alone. */
export function candidatesByOtpTrial(tokens: readonly Token[], credential: ProofCredential): Candidate[] {
  return trials(
    tokens,
    credential,
    tokens.map(() => ''),
  )
}

/** `pins`: of each token; null if it is not known. */
function trials(
  tokens: readonly Token[],
  credential: ProofCredential,
  pins: readonly (string | null)[],
): Candidate[] {
  const share = Math.floor(credential.maxTries / pins.filter((pin) => pin !== null).length)
  return tokens.flatMap((token, index) => {
    const pin = pins[index] ?? null
    return pin === null ? [] : [{ token, otp: '', trial: { credential, pin, left: share } }]
  })
}

/** The lowest moving factor in `range` whose code is the one presented, or null. */
export function findCode({ token, otp, trial }: Candidate, range: Range): number | null {
  return trial === null ? typeOf(token).find(token.state, otp, range) : findByTrial(token, trial, range)
}

/** What the reply needs of the password that matched at `movingFactor`; undefined where it needs nothing. */
export function keyOfMatch({ token, trial }: Candidate, movingFactor: number): Uint8Array | undefined {
  if (trial?.credential.keyOf === undefined) return undefined
  return trial.credential.keyOf(trial.pin + typeOf(token).codeAt(token.state, movingFactor))
}

function findByTrial(token: Token, trial: Trial, range: Range): number | null {
  const type = typeOf(token)
  for (let m = Math.max(0, range.from); m <= range.to && trial.left > 0; m++) {
    trial.left--
    if (trial.credential.matches(trial.pin + type.codeAt(token.state, m))) return m
  }
  return null
}
