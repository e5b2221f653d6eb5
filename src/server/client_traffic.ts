/**
 * What each client has sent and got since the start, and what went wrong with it: numbers in an object that the client's
 * entry holds, so that counting is an addition. Also which addresses sent faulty datagrams lately, known or not; bounded,
 * since addresses can be forged. Says nothing of what helps (fault_words.ts).
 */
import { BoundedMap } from '../bounded_map.ts'

/** Times are the monotonic clock's until they are read. */
interface Fault {
  count: number
  at: number
  address: string | null
}

export class ClientTraffic {
  requests = 0
  accepts = 0
  rejects = 0
  challenges = 0
  duplicates = 0
  /** Logins without Message-Authenticator that were taken. */
  unsigned = 0
  lastAt = Number.NEGATIVE_INFINITY
  /** By reason, of which there are some dozens. */
  readonly faults = new Map<string, Fault>()

  seen(now: number): void {
    this.requests++
    this.lastAt = now
  }

  answered(kind: 'accept' | 'reject' | 'challenge'): void {
    if (kind === 'accept') this.accepts++
    else if (kind === 'challenge') this.challenges++
    else this.rejects++
  }

  fault(reason: string, address: string | null, now: number): void {
    const known = this.faults.get(reason)
    if (known === undefined) this.faults.set(reason, { count: 1, at: now, address })
    else {
      known.count++
      known.at = now
      known.address = address
    }
  }
}

/** By the clients' names, so that a reload keeps what was counted. */
export class TrafficBook {
  readonly #clients = new Map<string, ClientTraffic>()

  of(name: string): ClientTraffic {
    const known = this.#clients.get(name)
    if (known !== undefined) return known
    const traffic = new ClientTraffic()
    this.#clients.set(name, traffic)
    return traffic
  }

  /** Forgets the clients that are configured no more. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#clients.keys()) if (!names.has(name)) this.#clients.delete(name)
  }
}

export interface RecentFault {
  readonly address: string
  /** Null: of no client. */
  readonly client: string | null
  readonly reason: string
  readonly count: number
  readonly lastAt: number
}

/** Addresses told apart; of clients a little more, so that unknown ones never push them out. */
const CLIENTS_ADDRESSES = 256
const UNKNOWN_ADDRESSES = 64

/** By address and reason: the last ones that began. */
export class RecentFaults {
  readonly #ofClients = new BoundedMap<string, RecentFault & { count: number; lastAt: number }>(
    CLIENTS_ADDRESSES,
  )
  readonly #unknown = new BoundedMap<string, RecentFault & { count: number; lastAt: number }>(
    UNKNOWN_ADDRESSES,
  )

  add(address: string, client: string | null, reason: string, now: number): void {
    const faults = client === null ? this.#unknown : this.#ofClients
    const key = client === null ? address : `${address} ${reason}`
    const known = faults.get(key)
    if (known === undefined) faults.set(key, { address, client, reason, count: 1, lastAt: now })
    else {
      known.count++
      known.lastAt = now
    }
  }

  /** `wallAt`: the wall clock's time of a monotonic one. */
  read(wallAt: (monotonic: number) => number): RecentFault[] {
    return [this.#ofClients, this.#unknown].flatMap((faults) =>
      [...faults.entries()].map(([, fault]) => ({ ...fault, lastAt: wallAt(fault.lastAt) })),
    )
  }
}

/** What a process tells of a client, with times of the wall clock. */
export interface ClientFigures {
  readonly requests: number
  readonly accepts: number
  readonly rejects: number
  readonly challenges: number
  readonly duplicates: number
  readonly unsigned: number
  readonly lastAt: number | null
  readonly faults: Readonly<Record<string, FaultFigures>>
}

export interface FaultFigures {
  readonly count: number
  readonly lastAt: number
  readonly address: string | null
}

export function readTraffic(traffic: ClientTraffic, wallAt: (monotonic: number) => number): ClientFigures {
  const { requests, accepts, rejects, challenges, duplicates, unsigned, lastAt, faults } = traffic
  const read = [...faults].map(([reason, { count, at, address }]): [string, FaultFigures] => [
    reason,
    { count, lastAt: wallAt(at), address },
  ])
  const seen = lastAt === Number.NEGATIVE_INFINITY ? null : wallAt(lastAt)
  return {
    requests,
    accepts,
    rejects,
    challenges,
    duplicates,
    unsigned,
    lastAt: seen,
    faults: Object.fromEntries(read),
  }
}

export function addTraffic(one: ClientFigures, other: ClientFigures): ClientFigures {
  const faults: Record<string, FaultFigures> = { ...one.faults }
  for (const [reason, fault] of Object.entries(other.faults)) {
    const known = faults[reason]
    faults[reason] =
      known === undefined ? fault : { ...later(known, fault), count: known.count + fault.count }
  }
  const lastAt = Math.max(one.lastAt ?? 0, other.lastAt ?? 0)
  return {
    requests: one.requests + other.requests,
    accepts: one.accepts + other.accepts,
    rejects: one.rejects + other.rejects,
    challenges: one.challenges + other.challenges,
    duplicates: one.duplicates + other.duplicates,
    unsigned: one.unsigned + other.unsigned,
    lastAt: lastAt === 0 ? null : lastAt,
    faults,
  }
}

/** Of several processes, the same bound again; the newest last. */
export function addRecent(all: readonly RecentFault[]): RecentFault[] {
  const sums = new Map<string, RecentFault>()
  for (const fault of all) {
    const key = JSON.stringify([fault.client, fault.address, fault.reason])
    const known = sums.get(key)
    const count = (known?.count ?? 0) + fault.count
    sums.set(key, known === undefined ? fault : { ...later(known, fault), count })
  }
  const newestLast = [...sums.values()].sort((a, b) => a.lastAt - b.lastAt)
  const ofClients = newestLast.filter(({ client }) => client !== null).slice(-CLIENTS_ADDRESSES)
  return [...newestLast.filter(({ client }) => client === null).slice(-UNKNOWN_ADDRESSES), ...ofClients]
}

function later<T extends { readonly lastAt: number }>(one: T, other: T): T {
  return one.lastAt >= other.lastAt ? one : other
}
