/**
 * An Accounting-Request's way through the house (RFC 2866): client, proof, duplicate, record, durable, answer. What a record
 * makes of a session is storage's; what a datagram's source is, whoever receives it knows.
 */
import {
  type Accounting,
  admitAccounting,
  readAccounting,
  replyToAccounting,
  type SessionRecord,
} from '../../radius/accounting.ts'
import { Code } from '../../radius/attributes.ts'
import { MalformedPacket } from '../../radius/malformed_packet.ts'
import { type Packet, parsePacket } from '../../radius/packet.ts'
import type { SessionWrite } from '../../storage/session.ts'
import type { Store } from '../../storage/store.ts'
import type { Client } from '../clients.ts'
import { Overloaded } from '../committer.ts'
import { DropLog } from '../drop_log.ts'
import { DuplicateCache, type Request } from '../duplicate_cache.ts'
import type { Logger } from '../log.ts'
import type { RadiusSettings } from '../radius_settings.ts'
import { SourceLimit } from '../source_limit.ts'
import type { Source } from '../udp_listener.ts'
import type { SessionWriter } from './session_writer.ts'

export interface AccountingServerOptions {
  readonly settings: AccountingSettings
  readonly writer: Pick<SessionWriter, 'add' | 'close'>
  readonly store: Pick<Store, 'ping'>
  readonly log: Logger
  /** The wall clock, for what is stored. */
  readonly now: () => number
  readonly monotonicNow: () => number
}

/** What a reload exchanges. */
export type AccountingSettings = Pick<RadiusSettings, 'clients' | 'limits' | 'duplicateWindowMs'>

const MAX_REQUESTS = 16_384
/** RFC 2866 §5.2; more than a NAS stores records for, and it is no delay but a mistake. */
const LONGEST_DELAY_S = 7 * 86_400

export class AccountingServer {
  settings: AccountingSettings
  readonly drops: DropLog
  readonly counts = { recorded: 0, duplicates: 0, ignored: 0, statusRequests: 0 }
  readonly #options: AccountingServerOptions
  readonly #duplicates: DuplicateCache
  readonly #sources = new SourceLimit()
  #draining = false

  constructor(options: AccountingServerOptions) {
    this.#options = options
    this.settings = options.settings
    this.drops = new DropLog(options.log)
    this.#duplicates = new DuplicateCache({
      windowMs: () => this.settings.duplicateWindowMs,
      maxRequests: MAX_REQUESTS,
    })
  }

  receive(datagram: Uint8Array, source: Source): void {
    if (this.#draining) return
    const now = this.#options.monotonicNow()
    const client = this.settings.clients.find(source.address)
    if (client === null) {
      this.drops.unknownClient(source.address, now)
      return
    }
    const { source: limit } = this.settings.limits
    if (limit !== null && this.#sources.holdsBack(client, source, now, limit)) {
      this.drops.heldBack(client, source.address, now)
      return
    }
    const faultOf = this.#read(datagram, client, source, now)
    if (faultOf === null) this.#sources.prove(source, now)
    else if (limit !== null) this.#sources.fault(client, source, now, limit)
  }

  /** Of a client that is known by something else than its address, such as TLS. */
  receiveProven(request: Uint8Array, client: Client, source: Source): void {
    if (!this.#draining) this.#read(request, client, source, this.#options.monotonicNow())
  }

  /** Why it was discarded; null if it was not. */
  #read(octets: Uint8Array, client: Client, source: Source, now: number): string | null {
    try {
      const packet = parsePacket(octets, source.version)
      const reason = admitAccounting(packet, client.secret) ?? this.#take(packet, client, source, now)
      if (reason !== null) this.#discard(reason, client, source, now)
      return reason
    } catch (error) {
      if (error instanceof MalformedPacket) {
        this.#discard(error.reason, client, source, now)
        return error.reason
      }
      // Our fault; one packet that we cannot handle must not take the others with it.
      this.drops.unanswered('internal-error', client, error, now)
      return null
    }
  }

  #discard(reason: string, client: Client, source: Source, now: number): void {
    this.drops.dropped(reason, client, source.address, now)
    source.discarded?.(reason)
  }

  /** Proven to be the client's. Answers why it is discarded all the same. */
  #take(packet: Packet, client: Client, source: Source, now: number): string | null {
    if (packet.code === Code.StatusServer) {
      void this.#answerStatus(packet, client, source)
      return null
    }
    const told = readAccounting(packet)
    if (told.kind === 'discard') return told.reason
    const { address, port, connection } = source
    const sighting = this.#duplicates.see(
      connection ?? address,
      port,
      packet.identifier,
      packet.requestAuthenticator,
      now,
    )
    if (sighting.kind !== 'new') {
      this.counts.duplicates++
      if (sighting.kind === 'answered') source.send(sighting.reply)
      return null
    }
    const { request } = sighting
    try {
      // Made before it is recorded: what cannot be answered is not taken.
      const work = { client, source, request, reply: replyToAccounting(packet, client.secret) }
      this.#record(told, work)
    } catch (error) {
      this.#duplicates.forget(request)
      throw error
    }
    return null
  }

  #record(told: Exclude<Accounting, { kind: 'discard' }>, work: AccountingWork): void {
    if (told.kind === 'other') {
      // There is nothing to keep, and silence would make the NAS take us for dead (RFC 2866 §2).
      this.counts.ignored++
      this.#answer(work)
      return
    }
    this.#options.writer.add(this.#writeOf(told, work), {
      done: () => {
        this.counts.recorded++
        this.#log(told, work)
        this.#answer(work)
      },
      failed: (error) => {
        this.#duplicates.forget(work.request)
        const reason = error instanceof Overloaded ? 'overloaded' : 'not-recorded'
        this.drops.unanswered(reason, work.client, error, this.#options.monotonicNow())
      },
    })
  }

  #writeOf(told: Recorded, { client, source }: AccountingWork): SessionWrite {
    const { nas, delaySeconds } = told
    const delayMs = delaySeconds > LONGEST_DELAY_S ? 0 : 1000 * delaySeconds
    const at = this.#options.now() - delayMs
    const by = { client: client.name, nasAddress: nas.address, nasIdentifier: nas.identifier }
    if (told.kind === 'nas-restart') return { kind: 'end', at, ...by }
    const { nas: _, delaySeconds: __, ...record } = told
    return { ...record, ...by, at, source: source.address }
  }

  #log(told: Recorded, { client, source }: AccountingWork): void {
    const { log } = this.#options
    const level = told.kind === 'interim' ? 'debug' : 'info'
    if (!log.isEnabled(level)) return
    const by = { client: client.name, source: source.address }
    if (told.kind === 'nas-restart') {
      const { address, identifier } = told.nas
      log.info('all sessions of a NAS ended', { ...by, nas: identifier ?? address })
      return
    }
    const { user, sessionId, cause } = told
    const reason = cause === null ? {} : { reason: cause }
    log[level](SAID[told.kind], { ...reason, ...(user === null ? {} : { user }), session: sessionId, ...by })
  }

  #answer({ request, reply, source }: AccountingWork): void {
    if (this.#duplicates.answer(request, reply)) source.send(reply)
  }

  /** RFC 5997 §3: on this port, by an Accounting-Response. Without a database we are not there. */
  async #answerStatus(packet: Packet, client: Client, source: Source): Promise<void> {
    this.counts.statusRequests++
    try {
      await this.#options.store.ping()
      source.send(replyToAccounting(packet, client.secret))
    } catch (error) {
      this.drops.unanswered('status-without-database', client, error, this.#options.monotonicNow())
    }
  }

  /** Takes nothing more; resolves when every record so far is answered. */
  async drain(): Promise<void> {
    this.#draining = true
    await this.#options.writer.close()
  }

  counters(): Record<string, number> {
    const { recorded, duplicates, ignored, statusRequests } = this.counts
    const drops = [...this.drops.counts].map(([reason, count]) => [`accountingDropped.${reason}`, count])
    return {
      accountingRecorded: recorded,
      accountingDuplicates: duplicates,
      accountingIgnored: ignored,
      accountingStatusRequests: statusRequests,
      ...Object.fromEntries(drops),
    }
  }
}

const SAID: Readonly<Record<SessionRecord['kind'], string>> = {
  start: 'session started',
  interim: 'session goes on',
  stop: 'session ended',
}

type Recorded = Exclude<Accounting, { kind: 'discard' } | { kind: 'other' }>

interface AccountingWork {
  readonly client: Client
  readonly source: Source
  readonly request: Request
  readonly reply: Buffer
}
