/** The tokens of a simulated world as their owners hold them: what they show, and what people type. */
import type { Token } from '../../src/auth/account.ts'
import { makeToken, otpAt, T } from '../auth/make_token.ts'
import type { Random } from './random.ts'

/** One code of one token: whatever else happens, it is accepted once at most. */
export interface Otp {
  readonly serial: string
  readonly movingFactor: number
}

/** What somebody types. */
export interface Typed {
  readonly user: string
  readonly pin: string
  readonly otp: string
  /** Whose code it is; null: nobody's. */
  readonly code: Otp | null
}

/** Windows are narrow and limits low, so that schedules reach them. */
const FIELDS = { digits: 8, window: 5, syncWindow: 120, maxFail: 4 } as const

export const USERS = ['bartholomew', 'christabella', 'maximiliano'] as const
type User = (typeof USERS)[number]

/** Who owns each token at first, and gets it back in the end. */
export const POOL: readonly { readonly token: Token; readonly home: User; readonly pin: string }[] = [
  device({ serial: 'H1', user: 'bartholomew' }, '1234'),
  device({ serial: 'H2', user: 'bartholomew' }, '1234'),
  device({ serial: 'H3', user: 'christabella', maxFail: 0 }, ''),
  device({ serial: 'T1', kind: 'totp', user: 'christabella', window: 2, syncWindow: 30 }, '77'),
  device({ serial: 'T2', kind: 'totp', user: 'maximiliano', window: 2, syncWindow: 30 }, ''),
  device({ serial: 'FREE', user: null }, '1234', 'maximiliano'),
]
export const PINS = ['1234', '77', '', 'x-new']

const HOTP_CODES = Array.from({ length: 400 }, (_, counter) => counter)
const TOTP_CODES = Array.from({ length: 260 }, (_, step) => T - 130 + step)

const codes = new Map(
  POOL.map(({ token }) => [
    token.serial,
    new Map(movingFactors(token).map((movingFactor) => [movingFactor, otpAt(token, movingFactor)])),
  ]),
)

/** An OTP names its token and moving factor in all of the world, which the rules below rest on. */
export const areCodesDistinct =
  new Set([...codes.values()].flatMap((byFactor) => [...byFactor.values()])).size ===
  POOL.reduce((count, { token }) => count + movingFactors(token).length, 0)

export class Device {
  readonly serial: string
  readonly kind: string
  readonly home: User
  pin: string
  /** Of the token's clock. */
  readonly errorMs: number
  #counter = 0

  constructor({ token, home, pin }: (typeof POOL)[number], errorMs: number) {
    this.serial = token.serial
    this.kind = token.kind
    this.home = home
    this.pin = pin
    this.errorMs = errorMs
  }

  /** Presses the button, or reads off the display. */
  show(now: number): Typed {
    const movingFactor = this.kind === 'totp' ? this.#step(now) : this.#counter++
    return this.#typed(movingFactor)
  }

  /** Two consecutive codes, as `token resync` wants them. */
  showPair(now: number): [string, string] {
    if (this.kind === 'totp') {
      const step = this.#step(now)
      return [this.#typed(step - 1).otp, this.#typed(step).otp]
    }
    return [this.show(now).otp, this.show(now).otp]
  }

  #step(now: number): number {
    return Math.floor((now + this.errorMs) / 30_000)
  }

  #typed(movingFactor: number): Typed {
    const otp = codes.get(this.serial)?.get(movingFactor)
    if (otp === undefined) throw new Error(`no code of ${this.serial} at ${movingFactor} was made ready`)
    const code = { serial: this.serial, movingFactor }
    return { user: this.home, pin: this.pin, otp, code }
  }
}

export function makeDevices(random: Random): Device[] {
  return POOL.map((entry) => new Device(entry, random.between(-20_000, 20_000)))
}

function device(
  fields: {
    serial: string
    user: User | null
    kind?: 'totp'
    maxFail?: number
    window?: number
    syncWindow?: number
  },
  pin: string,
  home: User = fields.user ?? 'maximiliano',
) {
  return { token: makeToken({ ...FIELDS, ...fields, ...(pin === '' ? {} : { pin }) }), home, pin }
}

function movingFactors({ kind }: Token): number[] {
  return kind === 'totp' ? TOTP_CODES : HOTP_CODES
}
