/**
 * Notices when the wall clock jumps, by comparing it with a clock that cannot. A jump is none of our doing and changes no
 * decision; but codes of time-based tokens are judged by the wall clock, so somebody must hear of it.
 */
import type { Logger } from './log.ts'

export interface ClockWatchOptions {
  /** Milliseconds since 1970, as the system has it. */
  readonly wall: () => number
  /** Milliseconds since anything, never set. */
  readonly monotonic: () => number
  readonly log: Pick<Logger, 'warn'>
}

/** Between two checks. NTP corrects a running clock by less than a millisecond a second. */
const JUMP_MS = 5000

const REMEDY =
  'codes of TOTP tokens are judged by this clock: see that NTP keeps it (timedatectl). Time steps that were used stay used'

export class ClockWatch {
  readonly #options: ClockWatchOptions
  #difference: number

  constructor(options: ClockWatchOptions) {
    this.#options = options
    this.#difference = options.wall() - options.monotonic()
  }

  /** Call it every second or so. Slow drift adds up to no jump: only what happened since the last call counts. */
  check(): void {
    const { wall, monotonic, log } = this.#options
    const difference = wall() - monotonic()
    const jumpMs = difference - this.#difference
    this.#difference = difference
    if (Math.abs(jumpMs) < JUMP_MS) return
    const seconds = Math.round(Math.abs(jumpMs) / 1000)
    log.warn('the clock of this system jumped', {
      direction: jumpMs > 0 ? 'forward' : 'back',
      seconds,
      remedy: REMEDY,
    })
  }
}
