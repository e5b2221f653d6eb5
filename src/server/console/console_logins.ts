/**
 * Logins to the console, of administrators and of users for themselves. Whatever is wrong, the answer is the same and takes
 * as long; the audit trail has the reason. Passwords are checked before the action, which then goes by the same hash.
 */
import { hashCode } from '../../admin/registration_commands.ts'
import { type AccountKey, userKey } from '../../auth/account.ts'
import type { Action } from '../../auth/action.ts'
import { logInAdministrator, proveByOtp, refusedLogin } from '../../auth/admin_login.ts'
import type { Policy } from '../../auth/authenticate.ts'
import { accessOf, roleOf } from '../../auth/console_access.ts'
import { logInUser, type SelfLogin } from '../../auth/self_login.ts'
import type { Store } from '../../storage/store.ts'
import type { ConsoleSessions, LiveSession } from './console_sessions.ts'
import { type From, LoginThrottle } from './login_throttle.ts'
import { type PasswordHasher, TooBusy } from './password_hash.ts'

export interface ConsoleLoginsOptions {
  readonly store: Pick<Store, 'load'>
  readonly sessions: ConsoleSessions
  readonly passwords: PasswordHasher
  readonly transact: <R>(key: AccountKey, action: Action<R>) => Promise<R>
  readonly policy: () => Policy
  readonly now: () => number
  readonly throttle?: LoginThrottle
}

export type LoginAnswer =
  | { readonly kind: 'in'; readonly secret: string; readonly session: LiveSession }
  | { readonly kind: 'denied' }
  | { readonly kind: 'throttled' }

const DENIED: LoginAnswer = { kind: 'denied' }
const THROTTLED: LoginAnswer = { kind: 'throttled' }
/** Who is not known yet. */
const ACTOR = 'console'

export class ConsoleLogins {
  readonly #options: ConsoleLoginsOptions
  readonly #throttle: LoginThrottle

  constructor(options: ConsoleLoginsOptions) {
    this.#options = options
    this.#throttle = options.throttle ?? new LoginThrottle()
  }

  async administrator(
    { user, password, otp }: { readonly user: string; readonly password: string; readonly otp: string },
    { source, browser }: From,
  ): Promise<LoginAnswer> {
    const { store, transact, policy, sessions } = this.#options
    const key = userKey(user)
    const account = (await store.load([key])).get(key)
    const isOne = account !== undefined && roleOf(account) !== null
    const passwordHash = isOne ? accessOf(account).passwordHash : null
    const why = isOne ? 'wrong-password' : 'no-administrator'
    const checked = await this.#check('admin login', why, { user, password, passwordHash, source, browser })
    if (checked !== null) return checked
    const login = { user, otp, passwordHash: passwordHash as string, actor: ACTOR, source }
    const result = await transact(key, logInAdministrator(login, policy()))
    if (result === null) {
      this.#throttle.failed({ user: key, source, browser })
      return DENIED
    }
    const { name, epoch } = result
    const begun = await sessions.begin({ kind: 'admin', user: name, source, byCode: false, epoch })
    return { kind: 'in', ...begun }
  }

  async user(
    {
      user,
      password,
      code,
    }: { readonly user: string; readonly password?: string | undefined; readonly code?: string | undefined },
    { source, browser }: From,
  ): Promise<LoginAnswer> {
    const { store } = this.#options
    const key = userKey(user)
    if (!this.#throttle.mayTry({ user: key, source, browser })) return THROTTLED
    if (code !== undefined) {
      return await this.#enter(key, { user, source, by: { codeHash: hashCode(code) } }, browser)
    }
    const account = (await store.load([key])).get(key)
    const passwordHash = account === undefined ? null : accessOf(account).passwordHash
    const asked = { user, password: password as string, passwordHash, source, browser }
    const checked = await this.#check('user login', 'wrong-password', asked)
    if (checked !== null) return checked
    return await this.#enter(key, { user, source, by: { passwordHash: passwordHash as string } }, browser)
  }

  async #enter(
    key: AccountKey,
    login: Omit<SelfLogin, 'actor'>,
    browser: string | null,
  ): Promise<LoginAnswer> {
    const { transact, sessions } = this.#options
    const { source, by } = login
    const result = await transact(key, logInUser({ ...login, actor: ACTOR }))
    if (result === null) {
      this.#throttle.failed({ user: key, source, browser })
      return DENIED
    }
    const { name, epoch } = result
    const begun = await sessions.begin({ kind: 'self', user: name, source, byCode: 'codeHash' in by, epoch })
    return { kind: 'in', ...begun }
  }

  /** An OTP of one's own: of one token, or of any. False for a wrong one, null when there were too many. */
  async prove(
    session: LiveSession,
    otp: string,
    serial: string | null,
    source: string,
  ): Promise<boolean | null> {
    const { transact, policy } = this.#options
    const { user, key } = session
    const trier = { user: key, source, browser: null }
    if (!this.#throttle.mayTry(trier)) return null
    const proof = { user, otp, actor: `user:${user}`, source }
    const isRight = await transact(key, proveByOtp(proof, serial, policy()))
    if (!isRight) this.#throttle.failed(trier)
    return isRight
  }

  /** The password that he has, for one who sets another. False for a wrong one, null when there were too many. */
  async proveByPassword(session: LiveSession, password: string, source: string): Promise<boolean | null> {
    const { key, user } = session
    const account = (await this.#options.store.load([key])).get(key)
    const passwordHash = account === undefined ? null : accessOf(account).passwordHash
    const checked = await this.#check('user prove', 'wrong-password', {
      user,
      password,
      passwordHash,
      source,
      browser: null,
    })
    return checked === null ? true : checked.kind === 'throttled' ? null : false
  }

  /** Null: it is right. */
  async #check(
    action: string,
    reason: string,
    { user, password, passwordHash, source, browser }: Asked,
  ): Promise<LoginAnswer | null> {
    const { passwords, transact, now } = this.#options
    const key = userKey(user)
    const trier = { user: key, source, browser }
    const mayTry = () => this.#throttle.mayTry(trier)
    if (!mayTry()) return THROTTLED
    const isRight = await passwords.verify(password, passwordHash, mayTry).catch((error: unknown) => {
      if (error instanceof TooBusy) return null
      throw error
    })
    if (isRight === null) return THROTTLED
    if (isRight) return null
    this.#throttle.failed(trier)
    await transact(key, ({ tokens }) => {
      const row = refusedLogin(action, { user, actor: ACTOR, source }, reason, now())
      return { result: null, tokens, audit: [row] }
    })
    return DENIED
  }
}

interface Asked extends From {
  readonly user: string
  readonly password: string
  readonly passwordHash: string | null
}
