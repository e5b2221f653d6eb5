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
/** A commit of its own for each costs as much as half a handshake. Nobody is at another access point sooner. */
const GATHER_MS = 100

export class EapSessions {
  readonly #options: EapSessionsOptions
  /** The last of ours: the same as are read. */
  readonly #known = new BoundedMap<string, { readonly session: Resumable; readonly expiresAt: number }>(KNOWN)
  /** What is written next, together. */
  readonly #waiting = new BoundedMap<string, EapSession>(KNOWN)
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> | null = null

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

  rememberTicketKeys(ticketKeys: Buffer, owner: SessionOwner): void {
    this.#keep(ticketName(ticketKeys.subarray(0, TICKET_KEY_NAME_OCTETS)), owner, {
      ticketKeys,
      session: null,
    })
  }

  rememberSession(
    { id, octets }: { readonly id: Buffer; readonly octets: Buffer },
    owner: SessionOwner,
  ): void {
    this.#keep(sessionName(id), owner, { ticketKeys: null, session: octets })
  }

  #keep(
    name: string,
    owner: SessionOwner,
    { ticketKeys, session }: Pick<Resumable, 'ticketKeys' | 'session'>,
  ): void {
    const { keys, now, resumeForMs } = this.#options
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
    this.#known.set(name, { session: { ...owner, ticketKeys, session }, expiresAt })
    this.#waiting.set(name, { name, sealed, expiresAt })
    this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS)
  }

  /** Resolves when all are stored that can be. A failure costs one more OTP later, and must not cost a login. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null
    })
    await this.#writing
  }

  async #write(): Promise<void> {
    const { store, log } = this.#options
    while (this.#waiting.size > 0) {
      const sessions = [...this.#waiting.entries()].map(([, session]) => session)
      for (const { name } of sessions) this.#waiting.delete(name)
      try {
        await store.keepEapSessions(sessions)
      } catch (error) {
        log.warn('sessions will not be resumed elsewhere: they could not be stored', { error: String(error) })
      }
    }
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
