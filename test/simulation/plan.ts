/** What a schedule has in store: drawn from the seed before anything happens. Each kind of fault is in half of them. */
import type { Policy } from '../../src/auth/authenticate.ts'
import { POLICY } from '../auth/make_token.ts'
import type { Random } from './random.ts'

export interface Plan {
  readonly nodes: number
  readonly commitsInFlight: number
  readonly maxBatch: number
  readonly maxQueue: number
  readonly rejectDelayMs: number
  readonly duplicateWindowMs: number
  readonly policy: Policy
  /** How long faults happen; then they stop. */
  readonly lengthMs: number
  readonly logins: number
  readonly operations: number
  readonly crashes: number
  readonly stops: number
  readonly outages: number
  readonly clockJumps: number
  /** A client takes the next identifier of so many. */
  readonly identifiers: number
  readonly network: NetworkFaults
  readonly store: StoreFaults
}

/** Probabilities, for each datagram. */
export interface NetworkFaults {
  readonly loss: number
  readonly duplication: number
  readonly corruption: number
  readonly maxDelayMs: number
}

/** Probabilities, for each call. */
export interface StoreFaults {
  /** Failed, and nothing happened. */
  readonly refusals: number
  /** Took effect, and failed all the same. */
  readonly unknownOutcomes: number
  readonly slow: number
  /** A remembered account is recalled, whatever other nodes have done to it. No fault: it goes on in the end. */
  readonly recalls: number
}

export function withoutFaults({ recalls }: StoreFaults): StoreFaults {
  return { refusals: 0, unknownOutcomes: 0, slow: 0, recalls }
}

export const NO_NETWORK_FAULTS: NetworkFaults = { loss: 0, duplication: 0, corruption: 0, maxDelayMs: 3 }

export function drawPlan(random: Random): Plan {
  const sometimes = <T>(value: T, otherwise: T): T => (random.chance(0.5) ? value : otherwise)
  return {
    nodes: random.between(1, 3),
    commitsInFlight: random.between(1, 2),
    maxBatch: random.pick([1, 2, 5, 256]),
    maxQueue: random.pick([2, 5, 8192, 8192]),
    rejectDelayMs: random.pick([0, 0, 1000]),
    duplicateWindowMs: random.pick([30_000, 30_000, 4000]),
    policy: {
      ...POLICY,
      autoResync: random.chance(0.7),
      resetFailCounters: random.pick(['token', 'account']),
    },
    lengthMs: random.between(5, 90) * 1000,
    logins: random.between(5, 40),
    operations: sometimes(random.between(1, 12), 0),
    crashes: sometimes(random.between(1, 6), 0),
    stops: sometimes(random.between(1, 2), 0),
    outages: sometimes(random.between(1, 3), 0),
    clockJumps: sometimes(random.between(1, 5), 0),
    identifiers: random.pick([3, 256, 256]),
    network: {
      loss: sometimes(random.next() * 0.4, 0),
      duplication: sometimes(random.next() * 0.5, 0),
      corruption: sometimes(random.next() * 0.1, 0),
      maxDelayMs: random.pick([3, 200, 4000]),
    },
    store: {
      refusals: sometimes(random.next() * 0.2, 0),
      unknownOutcomes: sometimes(random.next() * 0.3, 0),
      slow: sometimes(random.next() * 0.5, 0),
      recalls: random.pick([0, 0.5, 1]),
    },
  }
}
