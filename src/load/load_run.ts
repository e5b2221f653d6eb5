/**
 * A load on a RADIUS server: so many requests outstanding (closed loop), or so many begun a second whatever the server
 * does (open loop). One thread, nothing allocated for a request but what the sockets take, and every reply verified.
 * In an open loop latency counts from when a request was due, so that a server that stalls cannot hide its queue.
 */
import { Code } from '../radius/attributes.ts'
import { MalformedPacket } from '../radius/malformed_packet.ts'
import { checkResponse, type ResponseCheck } from '../radius/packet.ts'
import { LatencyHistogram } from './latency_histogram.ts'
import { type Link, openTlsLink, openUdpLink } from './link.ts'
import { type Load, type LoadCounts, type LoadResult, MAX_OUTSTANDING } from './load.ts'
import { IDENTIFIERS, NO_SLOT, RequestSlots } from './request_slots.ts'
import { UserTurns } from './user_turns.ts'

const MIN_SOCKETS = 4
/** A connection takes more than a socket's buffer does, so there need be no more of them than identifiers want. */
const MIN_CONNECTIONS = 1
const SCAN_EVERY_MS = 10
/** Requests that are due by now are begun so many at a time, and between them replies are read. */
const MAX_BURST = 64
const FIRST_BURST = 32
/** A timer may be a millisecond late; nearer than this to its time, a request is waited for turn by turn. */
const TURN_BY_TURN_MS = 2

/** Bounded by its times; `stop` ends it early. Rejects with what the system says if the sockets cannot be used. */
export async function runLoad(load: Load, stop?: AbortSignal): Promise<LoadResult> {
  const run = new LoadRun(load)
  try {
    await run.open()
    return await run.run(stop)
  } finally {
    run.close()
  }
}

class LoadRun {
  readonly #load: Load
  readonly #links: Link[] = []
  readonly #slots: RequestSlots
  readonly #turns: UserTurns
  readonly #latency = new LatencyHistogram()
  readonly #counts: LoadCounts = {
    sent: 0,
    accepts: 0,
    rejects: 0,
    challenges: 0,
    others: 0,
    timeouts: 0,
    retransmissions: 0,
    unsigned: 0,
    invalid: 0,
    stray: 0,
    refused: 0,
    unsent: 0,
  }
  #answered = 0
  #measureFrom = 0
  #endAt = 0
  #nextDueAt = 0
  #lastAnswerAt = 0
  #sending = false
  #finish: () => void = () => {}

  constructor(load: Load) {
    this.#load = load
    this.#slots = new RequestSlots(socketsFor(load))
    this.#turns = new UserTurns(load.credentials, load.order)
  }

  async open(): Promise<void> {
    const { server, tls } = this.#load
    for (let base = 0; base < this.#slots.count; base += IDENTIFIERS) {
      const receive = (packet: Uint8Array) => this.#receive(base, packet)
      const ends = { server, receive, refused: this.#refused }
      this.#links.push(tls === undefined ? await openUdpLink(ends) : await openTlsLink(ends, tls))
    }
  }

  close(): void {
    for (const link of this.#links) link.close()
  }

  async run(stop?: AbortSignal): Promise<LoadResult> {
    const { warmUpMs, measureMs, pace } = this.#load
    const startedAt = performance.now()
    this.#measureFrom = startedAt + warmUpMs
    this.#endAt = this.#measureFrom + measureMs
    this.#nextDueAt = startedAt
    this.#sending = true
    const done = new Promise<void>((resolve) => {
      this.#finish = resolve
    })
    const scan = setInterval(this.#scan, SCAN_EVERY_MS)
    const end = setTimeout(this.#stopSending, warmUpMs + measureMs)
    stop?.addEventListener('abort', this.#stopSending)
    if (pace.kind === 'rate') this.#pump()
    else this.#fill(pace.requests)
    await done
    clearInterval(scan)
    clearTimeout(end)
    stop?.removeEventListener('abort', this.#stopSending)
    return {
      seconds: Math.max(0, this.#endAt - this.#measureFrom) / 1000,
      answered: this.#answered,
      latency: this.#latency,
      counts: this.#counts,
      sockets: this.#links.length,
    }
  }

  /** Open loop: begins what is due, and comes again when the next is. */
  readonly #pump = (): void => {
    if (!this.#sending || this.#hasSentAll) return
    const { pace } = this.#load
    if (pace.kind !== 'rate') return
    const now = performance.now()
    // We may be later than the end.
    this.#beginDue(Math.min(now, this.#endAt), pace.perSecond, MAX_BURST)
    const waitMs = this.#nextDueAt - now
    if (waitMs > TURN_BY_TURN_MS) setTimeout(this.#pump, waitMs - 1)
    else setImmediate(this.#pump)
  }

  /** Closed loop: not all at once, for the buffer of many a server holds less. */
  #fill(requests: number): void {
    const now = performance.now()
    for (let i = 0; i < Math.min(requests, FIRST_BURST); i++) this.#begin(now)
    if (this.#sending && requests > FIRST_BURST) setTimeout(() => this.#fill(requests - FIRST_BURST), 1)
  }

  /** Up to `most` requests that were due by `until`. */
  #beginDue(until: number, perSecond: number, most: number): void {
    for (let begun = 0; begun < most && this.#nextDueAt <= until; begun++) {
      // Nothing free: it stays due, and is late when it is begun.
      if (!this.#begin(this.#nextDueAt)) break
      this.#nextDueAt += 1000 / perSecond
    }
  }

  get #hasSentAll(): boolean {
    return this.#counts.sent === this.#load.logins
  }

  /** False if no identifier or no user is free, or there are to be no more. */
  #begin(dueAt: number): boolean {
    if (this.#hasSentAll) return false
    if (this.#slots.outstanding === this.#slots.count) return false
    const user = this.#turns.next()
    if (user === null) return false
    const slot = this.#slots.take()
    if (slot === NO_SLOT) return false
    this.#slots.write(slot, user, this.#load.credentials, this.#load.secret)
    this.#slots.user[slot] = user
    this.#slots.dueAt[slot] = dueAt
    this.#slots.tries[slot] = 1
    this.#counts.sent++
    this.#transmit(slot)
    return true
  }

  #transmit(slot: number): void {
    this.#slots.sentAt[slot] = performance.now()
    this.#links[Math.floor(slot / IDENTIFIERS)]!.send(this.#slots.packets[slot]!, this.#slots.length[slot]!)
  }

  #receive(base: number, datagram: Uint8Array): void {
    const now = performance.now()
    const slot = base + (datagram[1] ?? 0)
    if (datagram.length < 2 || this.#slots.isBusy[slot] === 0) {
      this.#counts.stray++
      return
    }
    const check = this.#check(slot, datagram)
    if (check === null || check.kind === 'discard') {
      this.#counts.invalid++
      return
    }
    if (!check.signed) this.#counts.unsigned++
    this.#count(check.code)
    this.#lastAnswerAt = now
    if (now >= this.#measureFrom && now <= this.#endAt) this.#answered++
    const dueAt = this.#slots.dueAt[slot]!
    if (dueAt >= this.#measureFrom && dueAt <= this.#endAt) this.#latency.record((now - dueAt) * 1000)
    this.#release(slot, now)
  }

  #check(slot: number, datagram: Uint8Array): ResponseCheck | null {
    try {
      return checkResponse(datagram, this.#slots.authenticators[slot]!, slot % IDENTIFIERS, this.#load.secret)
    } catch (error) {
      if (error instanceof MalformedPacket) return null
      throw error
    }
  }

  #count(code: number): void {
    if (code === Code.AccessAccept) this.#counts.accepts++
    else if (code === Code.AccessReject) this.#counts.rejects++
    else if (code === Code.AccessChallenge) this.#counts.challenges++
    else this.#counts.others++
  }

  /** The request is over; in a closed loop the next one begins. */
  #release(slot: number, now: number): void {
    this.#turns.release(this.#slots.user[slot]!)
    this.#slots.release(slot)
    // What is lost at the end has not been waited for.
    if (this.#hasSentAll && this.#slots.outstanding === 0) this.#stopSendingAt(this.#lastAnswerAt)
    if (!this.#sending) {
      if (this.#slots.outstanding === 0) this.#finish()
    } else if (this.#load.pace.kind === 'outstanding') {
      this.#begin(now)
    }
  }

  /** Sends again, or gives up, what has waited too long. */
  readonly #scan = (): void => {
    const now = performance.now()
    const { isBusy, sentAt, tries, count } = this.#slots
    const sentBefore = now - this.#load.timeoutMs
    for (let slot = 0; slot < count; slot++) {
      if (isBusy[slot] === 0 || sentAt[slot]! > sentBefore) continue
      if (tries[slot]! <= this.#load.retries) {
        tries[slot]!++
        this.#counts.retransmissions++
        this.#transmit(slot)
      } else {
        this.#counts.timeouts++
        this.#release(slot, now)
      }
    }
  }

  /** Who has never answered is not there; who has may come back. */
  readonly #refused = (): void => {
    this.#counts.refused++
    const { accepts, rejects, challenges, others } = this.#counts
    if (accepts + rejects + challenges + others > 0) return
    this.#stopSending()
    this.#finish()
  }

  readonly #stopSending = (): void => this.#stopSendingAt(performance.now())

  #stopSendingAt(time: number): void {
    if (!this.#sending) return
    this.#endAt = Math.min(time, this.#endAt)
    const { pace, logins = Number.POSITIVE_INFINITY } = this.#load
    if (pace.kind === 'rate') {
      this.#beginDue(this.#endAt, pace.perSecond, this.#slots.count)
      const lateMs = Math.max(0, this.#endAt - this.#nextDueAt)
      const late = Math.floor((lateMs * pace.perSecond) / 1000)
      this.#counts.unsent = Math.min(late, logins - this.#counts.sent)
    }
    this.#sending = false
    if (this.#slots.outstanding === 0) this.#finish()
  }
}

/** Twice as many identifiers as are outstanding, or two seconds' worth of them, so that each has time to rest. */
function socketsFor({ pace, tls }: Load): number {
  const identifiers = 2 * (pace.kind === 'rate' ? pace.perSecond : pace.requests)
  const sockets = Math.ceil(Math.min(identifiers, MAX_OUTSTANDING) / IDENTIFIERS)
  return Math.max(tls === undefined ? MIN_SOCKETS : MIN_CONNECTIONS, sockets)
}
