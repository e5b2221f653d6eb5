/** Servers and stores with one fault of ours in each, which the checker must find: a check that cannot fail proves nothing. */
import type { Committer } from '../../src/server/committer.ts'
import type { RadiusServer, RadiusServerOptions, RadiusSettings } from '../../src/server/radius_server.ts'
import type { Instant } from '../../src/tokens/token_type.ts'
import type { Random } from './random.ts'
import type { SimulatedStore } from './simulated_store.ts'
import type { Truth } from './truth.ts'

/** What stands in place of the real part; a part that is not named is the real one. */
export interface Mutant {
  readonly truth?: (random: Random) => Truth
  readonly committer?: (parts: CommitterParts) => Pick<Committer, 'transact'>
  readonly radius?: (options: RadiusServerOptions) => Pick<RadiusServer, 'receive' | 'drain' | 'sweep'>
  readonly settings?: Partial<RadiusSettings>
}

export interface CommitterParts {
  /** The real one. */
  readonly committer: Committer
  readonly store: SimulatedStore
  readonly now: () => Instant
}
