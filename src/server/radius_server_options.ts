/** What a RadiusServer works with, made elsewhere; a simulation gives it its own clock, chance and timers. */
import type { Sealer } from '../seal.ts'
import type { Store } from '../storage/store.ts'
import type { Committer } from './committer.ts'
import type { SetTimer } from './delayed_replies.ts'
import type { EapLogins } from './eap/eap_logins.ts'
import type { Latches } from './latches.ts'
import type { Logger } from './log.ts'
import type { RadiusSettings } from './radius_settings.ts'

export interface RadiusServerOptions {
  readonly settings: RadiusSettings
  readonly committer: Pick<Committer, 'run'>
  readonly store: Pick<Store, 'ping'>
  readonly latches: Latches
  /** Of the master key. */
  readonly states: Sealer
  /** Without it, nobody is served EAP. */
  readonly eap?: EapLogins
  readonly log: Logger
  /** The wall clock, for what is stored. */
  readonly now: () => number
  /** Milliseconds that rise steadily whatever is done to the wall clock, for all that is timed. */
  readonly monotonicNow: () => number
  /** 0 <= random() < 1, for the reject delay's jitter. */
  readonly random: () => number
  /** For the reject delay; a simulation puts its own in place. */
  readonly setTimer?: SetTimer
  /** Remembered for their retransmissions. */
  readonly maxRequests?: number
}
