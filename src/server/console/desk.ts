/** What the routes of the console share: who is asking, by which cookie, and how a body is read. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Command, Context } from '../../admin/command.ts'
import { userKey } from '../../auth/account.ts'
import type { ConsoleConfig } from '../../config/console.ts'
import type { Store } from '../../storage/store.ts'
import type { Caller } from '../admin_socket.ts'
import type { Logger } from '../log.ts'
import type { ConsoleLogins, LoginAnswer } from './console_logins.ts'
import type { ConsoleSessions, LiveSession, SessionKind } from './console_sessions.ts'
import { readCookie, readMark, setCookie, setMark } from './cookies.ts'
import { HttpRefusal } from './http_refusal.ts'
import type { KnownBrowsers } from './known_browser.ts'
import type { From } from './login_throttle.ts'
import type { StaticFiles } from './static_files.ts'

export interface ConsoleAppOptions {
  readonly commands: readonly Command[]
  readonly version: string
  readonly contextFor: (caller: Caller) => Context
  readonly sessions: ConsoleSessions
  readonly logins: ConsoleLogins
  readonly known: KnownBrowsers
  readonly store: Pick<Store, 'load'>
  readonly files: StaticFiles
  readonly config: () => ConsoleConfig
  readonly tls: { readonly cert: string; readonly key: string } | null
  /** By an authority, so that browsers take it. */
  readonly isTrusted: boolean
  readonly log: Pick<Logger, 'error'>
}

export interface Desk {
  readonly options: ConsoleAppOptions
  /** Throws HttpRefusal(401) without one. */
  session(request: FastifyRequest, kind: SessionKind): Promise<LiveSession>
  secretOf(request: FastifyRequest, kind: SessionKind): string | null
  /** Where a login as this user comes from. */
  from(request: FastifyRequest, kind: SessionKind, user: string): From
  give(reply: FastifyReply, kind: SessionKind, secret: string | null): void
  /** The session of a login, its cookie in the reply. Throws HttpRefusal. */
  admit(
    request: FastifyRequest,
    reply: FastifyReply,
    kind: SessionKind,
    answer: LoginAnswer,
  ): Promise<LiveSession>
}

/** The same whatever is wrong. */
const NEXT_TRY: Readonly<Record<SessionKind, string>> = {
  admin: 'look for a typing error, and type the next OTP, without a PIN: each counts once',
  self: 'look for a typing error, or ask the helpdesk for a code',
}

export function createDesk(options: ConsoleAppOptions): Desk {
  const { sessions, known, tls, config } = options
  // A proxy in front may be what browsers speak TLS to.
  const isTls = () => tls !== null || config().url?.startsWith('https:') === true
  const secretOf: Desk['secretOf'] = ({ headers }, kind) => readCookie(headers.cookie, kind, isTls())
  const give: Desk['give'] = (reply, kind, secret) =>
    reply.header('set-cookie', setCookie(kind, secret, isTls()))
  return {
    options,
    secretOf,
    from: ({ headers, ip }, kind, user) => ({
      source: ip,
      browser: known.recognise(readMark(headers.cookie, kind, isTls()), kind, userKey(user)),
    }),
    give,
    session: async (request, kind) => {
      const secret = secretOf(request, kind)
      const isSign = request.headers['x-background'] === undefined
      const session = secret === null ? null : await sessions.find(secret, kind, isSign)
      if (session !== null) return session
      throw new HttpRefusal(401, 'no-session', 'you are not logged in, or no longer', 'log in')
    },
    admit: async (request, reply, kind, answer) => {
      if (answer.kind === 'throttled') {
        const hint = kind === 'self' ? 'wait a minute' : 'wait a minute; the admin socket is not held up'
        throw new HttpRefusal(429, 'throttled', 'too many logins have failed', hint, { 'retry-after': '30' })
      }
      if (answer.kind === 'denied') {
        throw new HttpRefusal(401, 'denied', 'the login is not right', NEXT_TRY[kind])
      }
      // What the browser had before is worth nothing from now on.
      const before = secretOf(request, kind)
      if (before !== null) await sessions.end(before)
      give(reply, kind, answer.secret)
      reply.header('set-cookie', setMark(kind, known.mark(kind, answer.session.key), isTls()))
      return answer.session
    },
  }
}

/** Throws HttpRefusal(400), which repeats nothing of what came. */
export function read<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body ?? {})
  if (parsed.success) return parsed.data
  const fields = [...new Set(parsed.error.issues.map(({ path }) => String(path[0] ?? 'the body')))]
  throw new HttpRefusal(400, 'invalid', `not as it must be: ${fields.join(', ')}`)
}
