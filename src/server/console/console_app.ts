/**
 * The console over HTTP: the command table for administrators who have logged in, users' own affairs under /me, and the
 * pages. Knows what may be asked by whom; what commands do is the table's, who somebody is the sessions'.
 */
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import { z } from 'zod'
import { CommandError } from '../../admin/command_error.ts'
import { findCommand } from '../../admin/commands.ts'
import { MAX_PASSWORD } from '../../admin/console_fields.ts'
import { user } from '../../admin/fields.ts'
import { openApi } from '../../admin/open_api.ts'
import { formatTime } from '../../admin/rfc3339.ts'
import { runCommand } from '../../admin/run_command.ts'
import { answerTo, parseBody } from '../api_answers.ts'
import { dropClientsThatDoNotRead } from '../slow_clients.ts'
import type { LiveSession } from './console_sessions.ts'
import { type ConsoleAppOptions, createDesk, type Desk, read } from './desk.ts'
import { HttpRefusal } from './http_refusal.ts'
import { addMeRoutes } from './me_routes.ts'
import { foreignness, isJson } from './same_origin.ts'
import { securityHeaders } from './security_headers.ts'
import { NOT_BUILT, type StaticFile, type StaticFiles } from './static_files.ts'

const BODY_LIMIT = 64 * 1024
const MAX_CONNECTIONS = 256
const CLIENT_TIMEOUT_MS = 10_000

export function createConsoleApp(options: ConsoleAppOptions): FastifyInstance {
  const { tls, files, config, isTrusted, log } = options
  const settings = {
    bodyLimit: BODY_LIMIT,
    requestTimeout: CLIENT_TIMEOUT_MS,
    keepAliveTimeout: 15_000,
    forceCloseConnections: true as const,
    http: { headersTimeout: CLIENT_TIMEOUT_MS, connectionsCheckingInterval: 1000, maxHeaderSize: 16_384 },
  }
  const app = (tls === null
    ? Fastify(settings)
    : Fastify({
        ...settings,
        https: { ...tls, minVersion: 'TLSv1.2', handshakeTimeout: CLIENT_TIMEOUT_MS, ...settings.http },
      })) as unknown as FastifyInstance
  app.server.maxConnections = MAX_CONNECTIONS
  dropClientsThatDoNotRead(app.server, CLIENT_TIMEOUT_MS)
  const headers = securityHeaders(isTrusted)
  const site = () => ({ scheme: tls === null ? ('http' as const) : ('https' as const), url: config().url })

  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    async (_: unknown, body: string | Buffer) => parseBody(String(body)),
  )
  // Before anything of it is read: what may change something comes from our own page, and is no form.
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers)
    if (request.method === 'GET' || request.method === 'HEAD') return
    const foreign = foreignness(request.headers, site())
    if (foreign !== null)
      throw new HttpRefusal(403, 'denied', foreign, 'this is for the pages of the console')
    if (!isJson(request.headers['content-type'])) {
      throw new HttpRefusal(415, 'invalid', 'the content type is not application/json')
    }
  })
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof HttpRefusal) return reply.code(error.status).headers(error.headers).send(error.body)
    const { status, body } = answerTo(error)
    if (status === 500)
      log.error('the console failed', { request: `${request.method} ${pathOf(request)}`, error })
    return reply.code(status).send(body)
  })
  app.setNotFoundHandler((request, reply) => {
    const isPage = request.method === 'GET' || request.method === 'HEAD'
    if (isPage) return sendPage(request, reply, files)
    throw new CommandError('not-found', 'there is nothing here', 'POST /v1/NOUN/VERB')
  })
  const desk = createDesk(options)
  addAdminRoutes(app, desk)
  addMeRoutes(app, desk)
  return app
}

const loginBody = z.strictObject({
  user,
  password: z.string().min(1).max(MAX_PASSWORD),
  otp: z.string().min(1).max(64),
})

function addAdminRoutes(app: FastifyInstance, desk: Desk): void {
  const { commands, version, contextFor, sessions, logins, config } = desk.options
  const view = ({ user, role, expiresAt }: LiveSession) => ({
    user,
    role,
    idleSeconds: config().idleMs / 1000,
    expiresAt: formatTime(expiresAt),
  })
  app.post('/session/login', async (request, reply) => {
    const body = read(loginBody, request.body)
    const answer = await logins.administrator(body, desk.from(request, 'admin', body.user))
    const { user, role } = await desk.admit(request, reply, 'admin', answer)
    return { user, role }
  })
  app.get('/session', async (request) => view(await desk.session(request, 'admin')))
  app.post('/session/logout', async (request, reply) => {
    const secret = desk.secretOf(request, 'admin')
    if (secret !== null) await sessions.end(secret)
    desk.give(reply, 'admin', null)
    return {}
  })
  app.get('/v1/openapi.json', async (request) => {
    await desk.session(request, 'admin')
    return openApi(commands, version)
  })
  app.post<{ Params: { noun: string; verb: string } }>('/v1/:noun/:verb', async (request) => {
    const { user, role, key } = await desk.session(request, 'admin')
    const command = findCommand(commands, request.params.noun, request.params.verb)
    const caller = { actor: `admin:${user}`, source: request.ip, role: role ?? 'viewer', account: key }
    return await runCommand(command, request.body ?? {}, contextFor(caller))
  })
}

function sendPage(request: FastifyRequest, reply: FastifyReply, files: StaticFiles): FastifyReply {
  const path = pathOf(request)
  const found = files.find(path)
  if (found !== null && found !== files.index) return sendFile(request, reply, found)
  const wantsPage = !/\.\w+$/.test(path) || (request.headers.accept ?? '').includes('text/html')
  if (path.startsWith('/assets/') || path.startsWith('/v1/') || !wantsPage) {
    throw new CommandError('not-found', 'there is nothing here')
  }
  if (files.index === null) return reply.code(503).type('text/html; charset=utf-8').send(NOT_BUILT)
  return sendFile(request, reply, files.index)
}

function sendFile({ headers }: FastifyRequest, reply: FastifyReply, file: StaticFile): FastifyReply {
  const accepted = (headers['accept-encoding'] ?? '').toString()
  reply.type(file.type).header('vary', 'accept-encoding')
  // The page itself is asked for each time: it names the files of this version.
  reply.header('cache-control', file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
  if (file.brotli !== null && /\bbr\b/.test(accepted))
    return reply.header('content-encoding', 'br').send(file.brotli)
  if (file.gzip !== null && /\bgzip\b/.test(accepted)) {
    return reply.header('content-encoding', 'gzip').send(file.gzip)
  }
  return reply.send(file.content)
}

/** Without the query, which somebody may have put a secret into. */
function pathOf({ url }: FastifyRequest): string {
  return url.split('?')[0] as string
}
