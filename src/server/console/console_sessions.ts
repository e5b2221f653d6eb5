/**
 * Who is logged in to the console. A session is 256 random bits in the browser's cookie; the database has their hash, and
 * what the session is, sealed, so that whoever can only write there cannot make one up. It is over when it has been idle or
 * has lasted too long, when it is revoked, and when the user's record has gone on to another epoch (auth/console_access.ts).
 */
import { createHash, randomBytes } from 'node:crypto'
import type { ConsoleSession, ConsoleSessionBook } from '../../admin/command.ts'
import { type AccountKey, nameIn, userKey } from '../../auth/account.ts'
import { accessOf, roleOf } from '../../auth/console_access.ts'
import type { Role } from '../../auth/role.ts'
import type { Keys } from '../../seal.ts'
import type { ConsoleSessionRow } from '../../storage/console_store.ts'
import type { Store } from '../../storage/store.ts'

export interface ConsoleSessionsOptions {
  readonly store: Pick<Store, 'console' | 'load'>
  readonly keys: Pick<Keys, 'seal' | 'open'>
  readonly now: () => number
  readonly limits: () => { readonly idleMs: number; readonly sessionMs: number }
}

/** `admin`: of an administrator, for the commands. `self`: of a user, for himself. */
export type SessionKind = 'admin' | 'self'

/** What does not change while it lasts. */
export interface Begun {
  readonly kind: SessionKind
  /** As he is spelled. */
  readonly user: string
  readonly source: string
  /** By a registration code, in place of a password. */
  readonly byCode: boolean
  readonly epoch: number
}

interface Sealed extends Begun {
  readonly createdAt: number
  readonly expiresAt: number
}

export interface LiveSession extends Sealed {
  readonly id: string
  readonly key: AccountKey
  /** As it is now; null of a user's own session. */
  readonly role: Role | null
  readonly lastSeenAt: number
}

const SECRET_OCTETS = 32
const ID_OCTETS = 8
/** A forgotten one costs its owner another login. */
const MAX_PER_USER = 16
const MAX_LISTED = 1000
/** What is written at each look would be a write for each click. */
const SEEN_EVERY_MS = 15_000
const CODE_SESSION_MS = 30 * 60_000

export class ConsoleSessions implements ConsoleSessionBook {
  readonly #options: ConsoleSessionsOptions

  constructor(options: ConsoleSessionsOptions) {
    this.#options = options
  }

  /** Answers what the browser is given. */
  async begin(begun: Begun): Promise<{ readonly secret: string; readonly session: LiveSession }> {
    const { store, keys, now, limits } = this.#options
    const secret = randomBytes(SECRET_OCTETS).toString('base64url')
    const name = nameOf(secret)
    const key = userKey(begun.user)
    const createdAt = now()
    const lasts = begun.byCode ? Math.min(CODE_SESSION_MS, limits().sessionMs) : limits().sessionMs
    const sealed: Sealed = { ...begun, createdAt, expiresAt: createdAt + lasts }
    const row: ConsoleSessionRow = {
      name,
      id: randomBytes(ID_OCTETS).toString('hex'),
      user_key: nameIn(key),
      expires_at: sealed.expiresAt,
      seen_at: createdAt,
      sealed: keys.seal(Buffer.from(JSON.stringify(sealed)), contextOf(name)),
    }
    await store.console.forgetConsoleSessions(createdAt)
    const before = await store.console.listConsoleSessions(row.user_key, MAX_LISTED)
    await store.console.dropConsoleSessions(before.slice(MAX_PER_USER - 1).map((old) => old.name))
    await store.console.keepConsoleSession(row)
    const session = await this.#live(row)
    if (session === null) throw new Error('the session was over when it began')
    return { secret, session }
  }

  /**
   * Null for one that there is not, that is over, or of another kind. `isSign`: of life, by a person and not by a page that asks again by
   * itself.
   */
  async find(secret: string, kind: SessionKind, isSign = true): Promise<LiveSession | null> {
    const { store, now } = this.#options
    const row = await store.console.findConsoleSession(nameOf(secret))
    const session = row === null ? null : await this.#live(row)
    if (session === null || session.kind !== kind) return null
    if (isSign && now() - session.lastSeenAt >= SEEN_EVERY_MS) {
      await store.console.seeConsoleSession((row as ConsoleSessionRow).name, now())
    }
    return session
  }

  async end(secret: string): Promise<void> {
    await this.#options.store.console.dropConsoleSessions([nameOf(secret)])
  }

  async list(user: AccountKey | null): Promise<readonly ConsoleSession[]> {
    return (await this.#all(user)).map(({ session }) => {
      const { id, user, role, source, createdAt, lastSeenAt, expiresAt } = session
      return { id, user, role, source, createdAt, lastSeenAt, expiresAt }
    })
  }

  async revoke(which: { readonly id: string } | { readonly user: AccountKey }): Promise<number> {
    const all = await this.#all('user' in which ? which.user : null)
    const named = 'id' in which ? all.filter(({ session }) => session.id === which.id) : all
    return await this.#options.store.console.dropConsoleSessions(named.map(({ name }) => name))
  }

  async #all(user: AccountKey | null): Promise<readonly { name: string; session: LiveSession }[]> {
    const userKeyOrNull = user === null ? null : nameIn(user)
    const rows = await this.#options.store.console.listConsoleSessions(userKeyOrNull, MAX_LISTED)
    const sessions = await Promise.all(
      rows.map(async (row) => ({ name: row.name, session: await this.#live(row) })),
    )
    return sessions.flatMap(({ name, session }) => (session === null ? [] : [{ name, session }]))
  }

  async #live(row: ConsoleSessionRow): Promise<LiveSession | null> {
    const { store, now, limits } = this.#options
    const sealed = this.#open(row)
    if (sealed === null) return null
    const { idleMs, sessionMs } = limits()
    const at = now()
    const lastSeenAt = Math.max(row.seen_at, sealed.createdAt)
    // The configuration may have become stricter.
    const expiresAt = Math.min(sealed.expiresAt, sealed.createdAt + sessionMs)
    if (at >= expiresAt || at - lastSeenAt >= idleMs) return null
    const key = userKey(sealed.user)
    const account = (await store.load([key])).get(key)
    if (account === undefined || accessOf(account).epoch !== sealed.epoch) return null
    const role = sealed.kind === 'admin' ? roleOf(account) : null
    if (sealed.kind === 'admin' && role === null) return null
    return { ...sealed, id: row.id, key, role, lastSeenAt, expiresAt }
  }

  #open({ name, sealed }: ConsoleSessionRow): Sealed | null {
    try {
      return JSON.parse(Buffer.from(this.#options.keys.open(sealed, contextOf(name))).toString())
    } catch {
      return null
    }
  }
}

function nameOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

function contextOf(name: string): string {
  return `console session ${name}`
}
