/**
 * A datagram's way through the house: client, packet, duplicate, login, verdict, reply. What a login means is decided
 * elsewhere; here every way out is taken once, and nothing is answered before it is durable.
 */
import { type AccountKey, userKey } from '../auth/account.ts'
import type { Verdict } from '../auth/verdict.ts'
import {
  type AccessLogin,
  type Answer,
  readAccessRequest,
  replyToStatusServer,
  replyToVerdict,
} from '../radius/access.ts'
import { admit } from '../radius/admission.ts'
import type { Attribute } from '../radius/attribute.ts'
import { Code } from '../radius/attributes.ts'
import { MalformedPacket } from '../radius/malformed_packet.ts'
import { type Packet, parsePacket } from '../radius/packet.ts'
import { RADIUS_1_0 } from '../radius/version.ts'
import type { Client } from './clients.ts'
import { Overloaded, type Waiter } from './committer.ts'
import { DelayedReplies } from './delayed_replies.ts'
import { DropLog } from './drop_log.ts'
import { DuplicateCache, type Request } from './duplicate_cache.ts'
import type { EapLogins } from './eap/eap_logins.ts'
import { LatencyHistogram } from './latency_histogram.ts'
import { logRefusal, logVerdict } from './login_log.ts'
import type { RadiusServerOptions } from './radius_server_options.ts'
import type { RadiusSettings } from './radius_settings.ts'
import { replyAttributes } from './reply_attributes.ts'
import { SourceLimit } from './source_limit.ts'
import { answerOf, hasForeignState, loginAction } from './states.ts'
import { type Limit, TokenBuckets } from './token_buckets.ts'
import type { Source } from './udp_listener.ts'

/** At 20,000 logins a second this still remembers six seconds; a client retransmits sooner. About 12 MiB. */
const MAX_REQUESTS = 131_072
const MAX_DELAYED = 20_000
/** Of one user's logins past his limit, those that are answered. */
const REFUSALS: Limit = { burst: 2000, perSecond: 1000 }
/** Of the reject delay, so that replies to a burst do not leave in a burst. */
const JITTER = 0.1

export class RadiusServer {
  settings: RadiusSettings
  readonly drops: DropLog
  readonly logins = new TokenBuckets()
  readonly counts = {
    accepted: 0,
    rejected: 0,
    challenged: 0,
    limitedLogins: 0,
    eapMessages: 0,
    duplicates: 0,
    statusRequests: 0,
  }
  /** From the request to the verdict that is durable; the reject delay is not in it. */
  readonly latency = new LatencyHistogram()
  readonly #options: RadiusServerOptions
  readonly #duplicates: DuplicateCache
  readonly #delayed: DelayedReplies
  readonly #sources = new SourceLimit()
  readonly #refusals = new TokenBuckets()
  #undecided = 0
  #draining = false
  #whenDecided: (() => void) | null = null

  constructor(options: RadiusServerOptions) {
    this.#options = options
    this.settings = options.settings
    this.drops = new DropLog(options.log)
    this.#delayed = new DelayedReplies(MAX_DELAYED, options.setTimer)
    this.#duplicates = new DuplicateCache({
      windowMs: () => this.settings.duplicateWindowMs,
      maxRequests: options.maxRequests ?? MAX_REQUESTS,
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
    client.traffic.seen(now)
    const { source: limit } = this.settings.limits
    if (limit !== null && this.#sources.holdsBack(client, source, now, limit)) {
      this.drops.heldBack(client, source.address, now)
      return
    }
    this.#read(datagram, client, source, now)
  }

  /** A request of a client that TLS has proven: the way of a datagram without the search for who sent it. */
  receiveProven(request: Uint8Array, client: Client, source: Source): void {
    if (this.#draining) return
    const now = this.#options.monotonicNow()
    client.traffic.seen(now)
    this.#read(request, client, source, now)
  }

  #read(octets: Uint8Array, client: Client, source: Source, now: number): void {
    try {
      this.#receiveFrom(client, parsePacket(octets, source.version), source, now)
    } catch (error) {
      if (error instanceof MalformedPacket) this.#discard(error.reason, client, source, now)
      // Our fault; one packet that we cannot handle must not take the others with it.
      else this.drops.unanswered('internal-error', client, error, now)
    }
  }

  #receiveFrom(client: Client, packet: Packet, source: Source, now: number): void {
    const { address, port } = source
    const { requireMessageAuthenticator, limitProxyState } = client
    const latched = requireMessageAuthenticator === 'auto' && this.#options.latches.has(address)
    const admission = admit(packet, client.secret, { requireMessageAuthenticator, latched, limitProxyState })
    if (admission.kind === 'discard') {
      this.#discard(admission.reason, client, source, now)
      return
    }
    if (source.connection === undefined) this.#sources.prove(source, now)
    if (admission.latch) this.#latch(client, address, now)
    if (packet.code === Code.StatusServer) {
      void this.#answerStatus(client, packet, source)
      return
    }
    const from = source.connection ?? address
    const sighting = this.#duplicates.see(from, port, packet.identifier, packet.requestAuthenticator, now)
    if (sighting.kind !== 'new') {
      this.counts.duplicates++
      client.traffic.duplicates++
      if (sighting.kind === 'answered') source.send(sighting.reply)
      return
    }
    const work = { client, packet, source, request: sighting.request, receivedAt: now }
    try {
      this.#decide(work, admission)
    } catch (error) {
      this.#duplicates.forget(sighting.request)
      throw error
    }
  }

  #discard(reason: string, client: Client, source: Source, now: number): void {
    const { source: limit } = this.settings.limits
    if (limit !== null && source.connection === undefined) this.#sources.fault(client, source, now, limit)
    this.drops.dropped(reason, client, source.address, now)
    source.discarded?.(reason)
  }

  #decide(work: RadiusWork, admission: { readonly messageAuthenticatorVerified: boolean }): void {
    const asked = readAccessRequest(work.packet, work.client.secret, admission, work.client)
    if (asked.kind === 'reject' || hasForeignState(asked, work.client)) {
      const reason = asked.kind === 'reject' ? asked.reason : 'unknown-state'
      const { eap } = this.#options
      if (reason === 'unsupported-credential' && eap?.serves(work.client)) this.#eap(eap, work)
      else this.#refuse(work, reason)
      return
    }
    const key = userKey(asked.userName)
    const { account: limit } = this.settings.limits
    if (limit === null || this.logins.take(key, work.receivedAt, limit)) this.#login(work, asked, key)
    else this.#refuseLimited(work, asked.userName, key)
  }

  /** A request that is no login: nothing is decided, and no counter moves. */
  #refuse(work: RadiusWork, reason: string): void {
    this.drops.refused(reason, work.client, work.source.address, work.receivedAt)
    logRefusal(this.#options.log, work, reason, this.#options.monotonicNow())
    this.#reply(work, REJECT)
  }

  /**
   * More logins than a person makes. Rejected, since silence would make the client take the whole server for dead and
   * fail over with everybody's logins; but not decided: no counter moves, and the audit trail has no row of it. Past REFUSALS it
   * is silence all the same: no device makes so many of one user, and to answer them would cost others their logins.
   */
  #refuseLimited(work: RadiusWork, user: string, key: AccountKey): void {
    this.counts.limitedLogins++
    this.drops.limited(key, user, work.client, work.source.address, work.receivedAt)
    if (this.#refusals.take(key, work.receivedAt, REFUSALS)) this.#reply(work, REJECT)
    else this.#duplicates.forget(work.request)
  }

  #login(work: RadiusWork, { userName, credential, state, unsigned }: AccessLogin, key: AccountKey): void {
    const { client, source } = work
    const { committer, states } = this.#options
    const login = { user: userName, credential, actor: client.actor, source: source.address, unsigned }
    if (unsigned === true) client.traffic.unsigned++
    this.#undecided++
    const waiter: Waiter<Verdict> = {
      done: (verdict) => {
        try {
          const now = this.#options.monotonicNow()
          this.latency.add(now - work.receivedAt)
          logVerdict(this.#options.log, work, userName, verdict, now)
          if (verdict.kind === 'reject') this.drops.rejected(verdict.reason)
          this.#reply(work, answerOf(verdict, client, key, states))
        } catch (error) {
          this.#unanswered(work, error)
        }
        this.#decided()
      },
      failed: (error) => {
        this.#unanswered(work, error)
        this.#decided()
      },
    }
    const action = loginAction(client, key, login, this.settings.policy, state, states)
    committer.run(key, action, waiter, work.receivedAt)
  }

  /** It takes several requests to a verdict, and each has a reply of its own. */
  #eap(eap: EapLogins, work: RadiusWork): void {
    this.#undecided++
    eap
      .answer(work, this)
      .then(({ answer, attributes }) => this.#reply(work, answer, attributes))
      .catch((error) => this.#unanswered(work, error))
      .finally(() => this.#decided())
  }

  /** RFC 5080 §2.2.2 demands an answer only for what was decided: the client retries or fails over. */
  #unanswered({ client, request }: RadiusWork, error: unknown): void {
    this.#duplicates.forget(request)
    const reason = error instanceof Overloaded ? 'overloaded' : 'not-decided'
    this.drops.unanswered(reason, client, error, this.#options.monotonicNow())
  }

  #decided(): void {
    this.#undecided--
    if (this.#undecided === 0) this.#whenDecided?.()
  }

  #reply(work: RadiusWork, answer: Answer, ofEap?: readonly Attribute[]): void {
    const { client, packet, source, request } = work
    if (!this.#duplicates.isCurrent(request)) return
    const attributes = ofEap ?? replyAttributes(client, packet, answer)
    const reply = replyToVerdict(packet, answer, client.secret, attributes)
    const send = () => {
      if (this.#duplicates.answer(request, reply)) source.send(reply)
      // RFC 9765 §4.2.1: an answered Token may come again, and is another request then.
      if (packet.version !== RADIUS_1_0) this.#duplicates.forget(request)
    }
    if (answer.kind === 'challenge' && ofEap !== undefined) this.counts.eapMessages++
    else {
      this.counts[COUNTED[answer.kind]]++
      client.traffic.answered(answer.kind)
    }
    if (answer.kind !== 'reject') send()
    else this.#delayed.add(this.settings.rejectDelayMs * (1 + JITTER * this.#options.random()), send)
  }

  /** RFC 5997: an Access-Accept says that we are there; without a database we are not. */
  async #answerStatus(client: Client, packet: Packet, source: Source): Promise<void> {
    this.counts.statusRequests++
    try {
      await this.#options.store.ping()
      source.send(replyToStatusServer(packet, client.secret))
    } catch (error) {
      this.drops.unanswered('status-without-database', client, error, this.#options.monotonicNow())
    }
  }

  #latch(client: Client, address: string, now: number): void {
    const { latches, log } = this.#options
    log.info('client sends Message-Authenticator: from now on it must', { client: client.name, address })
    latches.add(address, this.#options.now()).catch((error: unknown) => {
      this.drops.unanswered('latch-not-stored', client, error, now)
    })
  }

  /** Takes nothing more; resolves when every request received so far is answered, delayed replies included. */
  async drain(): Promise<void> {
    this.#draining = true
    if (this.#undecided > 0) {
      await new Promise<void>((resolve) => {
        this.#whenDecided = resolve
      })
    }
    this.#delayed.flush()
  }
}

const COUNTED = { accept: 'accepted', reject: 'rejected', challenge: 'challenged' } as const
const REJECT: Answer = { kind: 'reject' }

interface RadiusWork {
  readonly client: Client
  readonly packet: Packet
  readonly source: Source
  readonly request: Request
  readonly receivedAt: number
}
