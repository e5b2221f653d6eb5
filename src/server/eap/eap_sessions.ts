/**
 * Which TLS sessions may be resumed: those whose user has proved who he is, for a time. They lie in the database, sealed, so
 * that any node and a restarted one can go on with them. Does not decide whether their users may still come in.
 */
import { BoundedMap } from '../../bounded_map.ts'
import { type OfferedSession, TICKET_KEY_NAME_OCTETS } from '../../eap/client_hello.ts'
import type { RememberedSession } from '../../eap/tunnel.ts'
import type { Keys } from '../../seal.ts'
import type { EapSession, Store } from '../../storage/store.ts'
import type { Logger } from '../log.ts'

export interface EapSessionsOptions {
  readonly store: Pick<Store, 'findEapSession' | 'keepEapSessions' | 'forgetEapSessions'>
  readonly keys: Pick<Keys, 'seal' | 'open'>
  readonly now: () => number
  readonly log: Logger
  /** 0: none is resumed. */
  readonly resumeForMs: () => number
}

/** `type`: of the EAP method. */
export interface SessionOwner extends RememberedSession {
  readonly type: number
}

export interface Resumable extends SessionOwner {
  /** Of TLS 1.3, and of TLS 1.2 with tickets: those that this session's tickets were sealed by. */
  readonly ticketKeys: Buffer | null
  /** Of TLS 1.2 with a session identifier. */
  readonly session: Buffer | null
}

/** Some hundred octets each. */
const KNOWN = 8192

interface Batch {
  readonly sessions: Map<string, EapSession>
  readonly written: Promise<void>
}

export class EapSessions {
  readonly #options: EapSessionsOptions
  /** Of those that are stored, the last that were stored by us: the same as are read. */
  readonly #known = new BoundedMap<string, { readonly session: Resumable; readonly expiresAt: number }>(KNOWN)
  /** What is written next, together. As many as there are logins under way, at most. */
  #next: Batch | null = null
  #last: Promise<void> = Promise.resolve()

  constructor(options: EapSessionsOptions) {
    this.#options = options
  }

  /** Null too where the database does not answer: then the peer proves anew who he is, which it will have to know anyway. */
  async find({ ticketKeyName, sessionId }: OfferedSession, type: number): Promise<Resumable | null> {
    if (this.#options.resumeForMs() === 0) return null
    const names = [
      ...(ticketKeyName === null ? [] : [ticketName(ticketKeyName)]),
      ...(sessionId === null ? [] : [sessionName(sessionId)]),
    ]
    for (const name of names) {
      const found = await this.#read(name)
      if (found !== null && found.type === type) return found
    }
    return null
  }

  async #read(name: string): Promise<Resumable | null> {
    const { store, keys, now, log } = this.#options
    const known = this.#known.get(name)
    if (known !== undefined) return known.expiresAt > now() ? known.session : null
    try {
      const sealed = await store.findEapSession(name, now())
      if (sealed === null) return null
      const { ticketKeys, session, ...owner } = JSON.parse(
        Buffer.from(keys.open(sealed, contextOf(name))).toString(),
      ) as SessionOwner & { ticketKeys: string | null; session: string | null }
      return { ...owner, ticketKeys: fromBase64(ticketKeys), session: fromBase64(session) }
    } catch (error) {
      log.warn('a session cannot be resumed: its user is asked anew', { error: String(error) })
      return null
    }
  }

  async rememberTicketKeys(ticketKeys: Buffer, owner: SessionOwner): Promise<void> {
    await this.#keep(ticketName(ticketKeys.subarray(0, TICKET_KEY_NAME_OCTETS)), owner, {
      ticketKeys,
      session: null,
    })
  }

  async rememberSession(
    { id, octets }: { readonly id: Buffer; readonly octets: Buffer },
    owner: SessionOwner,
  ): Promise<void> {
    await this.#keep(sessionName(id), owner, { ticketKeys: null, session: octets })
  }

  /** A failure costs one more OTP later, and must not cost this login. */
  async #keep(
    name: string,
    owner: SessionOwner,
    { ticketKeys, session }: Pick<Resumable, 'ticketKeys' | 'session'>,
  ): Promise<void> {
    const { keys, now, log, resumeForMs } = this.#options
    if (resumeForMs() === 0) return
    const stored = {
      type: owner.type,
      user: owner.user,
      serials: owner.serials,
      ticketKeys: ticketKeys?.toString('base64') ?? null,
      session: session?.toString('base64') ?? null,
    }
    const sealed = keys.seal(Buffer.from(JSON.stringify(stored)), contextOf(name))
    const expiresAt = now() + resumeForMs()
    try {
      await this.#write({ name, sealed, expiresAt })
      this.#known.set(name, { session: { ...owner, ticketKeys, session }, expiresAt })
    } catch (error) {
      log.warn('a session will not be resumed: it could not be stored', { error: String(error) })
    }
  }

  /** With all that come while others are being written: one commit for them all. */
  async #write(session: EapSession): Promise<void> {
    if (this.#next === null) {
      const sessions = new Map<string, EapSession>()
      const written = this.#last.then(async () => {
        this.#next = null
        await this.#options.store.keepEapSessions([...sessions.values()])
      })
      this.#next = { sessions, written }
      this.#last = written.catch(() => {})
    }
    const { sessions, written } = this.#next
    sessions.set(session.name, session)
    await written
  }

  /** What has run out. Throws StoreUnavailable. */
  async tidy(): Promise<void> {
    await this.#options.store.forgetEapSessions(this.#options.now())
  }
}

function ticketName(keyName: Uint8Array): string {
  return `ticket:${Buffer.from(keyName).toString('hex')}`
}

function sessionName(id: Uint8Array): string {
  return `session:${Buffer.from(id).toString('hex')}`
}

function contextOf(name: string): string {
  return `eap ${name}`
}

function fromBase64(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text, 'base64')
}
