/**
 * What users do for themselves under /me. Every operation is a command of the table, run under the user's own name and on
 * nothing but what is his; the configuration says which there are. A password alone, which may have been found out, brings
 * nobody a second factor: that takes an OTP that he has already, or a registration code.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { CommandError } from '../../admin/command_error.ts'
import { findCommand } from '../../admin/commands.ts'
import { MAX_PASSWORD, newPassword } from '../../admin/console_fields.ts'
import { description, otp, pin, serial, user } from '../../admin/fields.ts'
import { formatTime } from '../../admin/rfc3339.ts'
import { runCommand } from '../../admin/run_command.ts'
import type { Account } from '../../auth/account.ts'
import { accessOf, roleOf } from '../../auth/console_access.ts'
import type { SelfService } from '../../config/console.ts'
import type { LiveSession } from './console_sessions.ts'
import { type Desk, read } from './desk.ts'
import { HttpRefusal } from './http_refusal.ts'

/** Of one user: more than anybody has devices. */
const MAX_TOKENS = 10

const password = z.string().min(1).max(MAX_PASSWORD)
const typedOtp = z.string().min(1).max(64)
const bodies = {
  login: z.union([
    z.strictObject({ user, password }),
    z.strictObject({ user, code: z.string().min(1).max(64) }),
  ]),
  nothing: z.strictObject({}),
  enroll: z.strictObject({
    type: z.enum(['totp', 'hotp']).default('totp'),
    pin: pin.optional(),
    description: description.optional(),
    otp: typedOtp.optional(),
  }),
  confirm: z.strictObject({ serial, otp }),
  setPin: z.strictObject({ serial, pin, otp: typedOtp }),
  resync: z.strictObject({ serial, otp1: otp, otp2: otp }),
  serial: z.strictObject({ serial }),
  setPassword: z.strictObject({ password: newPassword, old: password.optional() }),
}

export function addMeRoutes(app: FastifyInstance, desk: Desk): void {
  const { sessions, logins, config } = desk.options
  const me = (request: FastifyRequest) => desk.session(request, 'self')

  app.post('/me/login', async (request, reply) => {
    if (!isOn(config().selfService)) throw switchedOff()
    const body = read(bodies.login, request.body)
    const answer = await logins.user(body, desk.from(request, 'self', body.user))
    const { user } = await desk.admit(request, reply, 'self', answer)
    return { user }
  })
  app.get('/me/session', async (request) => await describe(await me(request), desk))
  app.post('/me/logout', async (request, reply) => {
    const secret = desk.secretOf(request, 'self')
    if (secret !== null) await sessions.end(secret)
    desk.give(reply, 'self', null)
    return {}
  })
  app.post('/me/show', async (request) => {
    read(bodies.nothing, request.body)
    const session = await me(request)
    const { user, tokens, recent } = await show(session, request, desk)
    return { user, tokens, recent }
  })
  app.post('/me/enroll', async (request) => {
    const session = await me(request)
    const { otp: proof, ...input } = read(bodies.enroll, request.body)
    require(config().selfService.enroll)
    const { tokens, isAdministrator } = await show(session, request, desk)
    if (tokens.length >= MAX_TOKENS) {
      throw new CommandError(
        'conflict',
        `you have ${tokens.length} tokens`,
        'ask the helpdesk to delete some',
      )
    }
    if (needsOtp(session, tokens, isAdministrator)) await prove(session, proof ?? '', null, request, desk)
    return await run('token enroll', { ...input, user: session.user, pending: true }, session, request, desk)
  })
  /** What the command itself checks: nothing more is to be proved. */
  const addPlain = (
    path: string,
    name: string,
    body: z.ZodType<object>,
    isAllowed: (service: SelfService) => boolean,
  ) =>
    app.post(path, async (request) => {
      const session = await me(request)
      const input = read(body, request.body)
      require(isAllowed(config().selfService))
      return await run(name, input, session, request, desk)
    })
  addPlain('/me/confirm', 'token confirm', bodies.confirm, ({ enroll }) => enroll)
  addPlain('/me/resync', 'token resync', bodies.resync, ({ resync }) => resync)
  app.post('/me/set-pin', async (request) => {
    const session = await me(request)
    const { otp, ...input } = read(bodies.setPin, request.body)
    require(config().selfService.setPin)
    await prove(session, otp, input.serial, request, desk)
    return await run('token set-pin', input, session, request, desk)
  })
  app.post('/me/lost', async (request) => {
    const session = await me(request)
    const input = read(bodies.serial, request.body)
    const { lost } = config().selfService
    require(lost !== false)
    const { tokens, isAdministrator } = await show(session, request, desk)
    const hasPin = tokens.some((token) => token.serial === input.serial && token.pinSet)
    // Who has found out a password must not get a second one in place of the token.
    const isSafe = (hasPin || session.byCode) && !isAdministrator
    if (lost === 'password' && isSafe) return await run('token lost', input, session, request, desk)
    const { token } = await run('token disable', input, session, request, desk)
    return { token, password: null }
  })
  app.post('/me/set-password', async (request, reply) => {
    const session = await me(request)
    const { password, old } = read(bodies.setPassword, request.body)
    require(config().selfService.password)
    if (!session.byCode) {
      accepted(await logins.proveByPassword(session, old ?? '', request.ip), 'the old password is not right')
    }
    await run('user set-password', { user: session.user, password }, session, request, desk)
    // His sessions are over by it, this one too: he goes on in another.
    const { epoch } = accessOf(await accountOf(session, desk))
    const { kind, user, source, byCode } = session
    const { secret } = await sessions.begin({ kind, user, source, byCode, epoch })
    desk.give(reply, 'self', secret)
    return {}
  })
}

type Answer = Record<string, unknown>

async function run(
  name: string,
  input: object,
  { user, key }: LiveSession,
  request: FastifyRequest,
  { options: { commands, contextFor } }: Desk,
): Promise<Answer> {
  const [noun = '', verb = ''] = name.split(' ')
  const context = contextFor({ actor: `user:${user}`, source: request.ip, role: 'self', account: key })
  return (await runCommand(findCommand(commands, noun, verb), input, context)) as Answer
}

interface Shown {
  readonly user: string
  readonly tokens: readonly {
    readonly serial: string
    readonly pinSet: boolean
  }[]
  readonly recent: readonly unknown[]
  readonly isAdministrator: boolean
}

async function show(session: LiveSession, request: FastifyRequest, desk: Desk): Promise<Shown> {
  const shown = await run('user show', { user: session.user }, session, request, desk)
  const account = await accountOf(session, desk)
  return { ...(shown as unknown as Shown), isAdministrator: roleOf(account) !== null }
}

async function accountOf({ key }: LiveSession, { options: { store } }: Desk): Promise<Account> {
  return (await store.load([key])).get(key) ?? { key, tokens: [] }
}

/** Who came by a code was sent here to enroll. A token that was never confirmed is not yet one; and
 * an administrator's password is not to become all that he needs. */
function needsOtp({ byCode }: LiveSession, tokens: readonly object[], isAdministrator: boolean): boolean {
  return (
    !byCode && (isAdministrator || tokens.some((token) => !('pending' in token && token.pending === true)))
  )
}

async function prove(
  session: LiveSession,
  otp: string,
  serial: string | null,
  request: FastifyRequest,
  { options: { logins } }: Desk,
): Promise<void> {
  const what = 'a current OTP of your token is needed, and this is none'
  if (otp === '') throw new HttpRefusal(403, 'denied', what, 'or ask the helpdesk for a registration code')
  accepted(await logins.prove(session, otp, serial, request.ip), what)
}

function accepted(isRight: boolean | null, wrong: string): void {
  if (isRight === null) throw new HttpRefusal(429, 'throttled', 'too many tries have failed', 'wait a minute')
  if (!isRight) throw new HttpRefusal(403, 'denied', wrong)
}

async function describe(session: LiveSession, desk: Desk) {
  const account = await accountOf(session, desk)
  const { enroll, setPin, resync, lost, password } = desk.options.config().selfService
  return {
    user: session.user,
    passwordSet: accessOf(account).passwordHash !== null,
    byCode: session.byCode,
    /** `/me/enroll` then takes an `otp` of a token that he has. */
    enrollNeedsOtp: needsOtp(session, account.tokens, roleOf(account) !== null),
    may: { enroll, setPin, resync, lost: lost !== false, setPassword: password },
    expiresAt: formatTime(session.expiresAt),
  }
}

function isOn({ enroll, setPin, resync, lost, password }: SelfService): boolean {
  return enroll || setPin || resync || password || lost !== false
}

function require(isAllowed: boolean): void {
  if (!isAllowed) throw switchedOff()
}

function switchedOff(): HttpRefusal {
  return new HttpRefusal(403, 'denied', 'this is switched off here', 'ask the helpdesk')
}
