/**
 * What the world outside knows: every OTP that was sent, and what came back. It is the judge of a fault run, and knows
 * nothing of the server but its replies. Users are HOTP tokens; a login of one user ends before the next begins.
 */
import { formatOtp, type OtpGenerator, otpGenerator } from '../../src/tokens/otp_generator.ts'
import { secretOf } from '../e2e/otp.ts'

/** Eight digits: an old OTP is again right by chance once in ten million, not once in a hundred thousand. */
export const DIGITS = 8
export const PIN = '1234'

export class User {
  readonly name: string
  readonly serial: string
  readonly secretHex: string
  readonly #generate: OtpGenerator
  /** The counter of the OTP that is sent next. */
  counter = 0
  /** Datagrams that carried this OTP, in earlier logins too: after a silence a Reject may mean that it was spent. */
  sends = 0
  /** Counters of OTPs that were answered Accept. */
  readonly accepted = new Set<number>()
  /** What the server said the counter was when it was last looked at. */
  seenCounter = 0
  /** Requests that were answered, and datagrams that were sent. */
  accepts = 0
  rejects = 0
  datagrams = 0

  constructor(index: number) {
    this.name = `user${index}`
    this.serial = `F${index}`
    this.secretHex = secretOf(`faults ${index}`)
    this.#generate = otpGenerator('sha1', Buffer.from(this.secretHex, 'hex'))
  }

  otp(counter: number): string {
    return formatOtp(this.#generate, DIGITS, counter)
  }
}

export type Reply = 'accept' | 'reject'

/** `good`: the next OTP. `wrong-pin`: never right. `replay`: an OTP that was accepted before. */
export type LoginKind = 'good' | 'wrong-pin' | 'replay'

export interface Login {
  readonly kind: LoginKind
  readonly user: User
  readonly counter: number
  /** One for each server that it was sent to; null while there is no answer. */
  readonly answers: (Reply | null)[]
  accepted: boolean
}

export function passwordOf({ kind, user, counter }: Login): string {
  return `${kind === 'wrong-pin' ? '9999' : PIN}${user.otp(counter)}`
}

const VIOLATIONS_KEPT = 20

export class Ledger {
  readonly users: readonly User[]
  readonly violations: string[] = []
  violationCount = 0
  /** Good logins that ended. */
  accepted = 0
  /** OTPs that a fault spent: committed, and the Accept was never heard. */
  spentUnheard = 0
  /** Logins given up without an answer. */
  silent = 0
  /** Rejects of what had to be rejected: wrong PINs and replays. */
  refused = 0
  /** Requests that were answered. */
  replies = 0
  #suspects: { user: User; counter: number }[] = []

  constructor(users: number) {
    this.users = Array.from({ length: users }, (_, index) => new User(index))
  }

  violated(what: string): void {
    if (++this.violationCount <= VIOLATIONS_KEPT) this.violations.push(what)
  }

  sent({ user, kind }: Login): void {
    user.datagrams++
    if (kind === 'good') user.sends++
  }

  /** A reply with true authenticators. `nth`: of which server. Late ones, after the login was given up, come here too. */
  answered(login: Login, nth: number, reply: Reply): void {
    const { user, kind, counter } = login
    const before = login.answers[nth]
    login.answers[nth] = reply
    if (before === reply) return
    this.replies++
    if (reply === 'reject') {
      user.rejects++
      return
    }
    user.accepts++
    if (kind === 'wrong-pin') this.violated(`${user.name}: a wrong PIN was accepted`)
    else if (kind === 'replay') this.#suspects.push({ user, counter })
    else if (user.accepted.has(counter)) this.violated(`${user.name}: OTP ${counter} was accepted twice`)
    else {
      user.accepted.add(counter)
      login.accepted = true
    }
  }

  /** Once: at the first Accept, or when every server has rejected or is given up. */
  ended(login: Login): void {
    const { user, kind, counter, answers } = login
    if (kind !== 'good') {
      if (answers.includes('reject')) this.refused++
      return
    }
    if (answers.every((answer) => answer === null)) this.silent++
    if (user.accepted.has(counter)) this.accepted++
    else if (answers.includes(null)) return
    else if (user.sends > answers.length) this.spentUnheard++
    else this.violated(`${user.name}: OTP ${counter}, sent once and never before, was rejected`)
    user.counter = counter + 1
    user.sends = 0
  }

  /** Replays that were accepted; the checker finds out whether by the coincidence of two OTPs. */
  takeSuspects(): { user: User; counter: number }[] {
    return this.#suspects.splice(0)
  }
}
