/**
 * The command table over HTTP on a Unix socket. Knows nothing of what the commands do; who may connect is decided by
 * the mode of the socket and of its directory.
 */
import { chmod, chown, lstat, stat, unlink } from 'node:fs/promises'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import type { Command, Context } from '../admin/command.ts'
import { CommandError } from '../admin/command_error.ts'
import { findCommand } from '../admin/commands.ts'
import { openApi } from '../admin/open_api.ts'
import { runCommand } from '../admin/run_command.ts'
import type { AccountKey } from '../auth/account.ts'
import type { Role } from '../auth/role.ts'
import { answerTo, parseBody } from './api_answers.ts'
import type { Logger } from './log.ts'
import { METRICS_TYPE } from './metrics.ts'
import { dropClientsThatDoNotRead } from './slow_clients.ts'

export interface AdminSocketOptions {
  readonly path: string
  /** Of whoever may open it. */
  readonly role: Role
  /** For the audit trail; default: socket. */
  readonly source?: string
  readonly group?: number | null
  readonly mode?: number
  readonly commands: readonly Command[]
  readonly version: string
  readonly contextFor: (caller: Caller) => Context
  /** For `GET /metrics`. */
  readonly metrics: () => Promise<string>
  readonly log: Pick<Logger, 'error'>
}

/** Who sent a command, for the audit trail. */
export interface Caller {
  readonly actor: string
  readonly source: string
  readonly role: Context['role']
  /** Whose account he has proved to have; without it nobody's. */
  readonly account?: AccountKey
}

export interface AdminSocket {
  /** Takes no more requests; resolves when those under way are answered. */
  close(): Promise<void>
}

/** The socket cannot be opened, with what to do about it. */
export class AdminSocketRefused extends Error {
  readonly hint: string

  constructor(message: string, hint: string) {
    super(message)
    this.name = 'AdminSocketRefused'
    this.hint = hint
  }
}

/** Throws AdminSocketRefused if something else is at `path`, or nothing can be. */
export async function openAdminSocket(options: AdminSocketOptions): Promise<AdminSocket> {
  const { path } = options
  await makeWay(path)
  const app = createApp(options)
  await app.ready()
  try {
    await listen(app.server, options)
  } catch (error) {
    await app.close()
    throw refusalOf(error, path)
  }
  return {
    async close() {
      await app.close()
    },
  }
}

const BODY_LIMIT = 64 * 1024
const MAX_CONNECTIONS = 64
/** For a client to send its request, and to read a reply that waits for it. */
const CLIENT_TIMEOUT_MS = 10_000

function createApp({
  commands,
  version,
  contextFor,
  metrics,
  log,
  role,
  source = 'socket',
}: AdminSocketOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: CLIENT_TIMEOUT_MS,
    keepAliveTimeout: 5000,
    http: { headersTimeout: CLIENT_TIMEOUT_MS, connectionsCheckingInterval: 1000 },
    forceCloseConnections: false,
  })
  app.server.maxConnections = MAX_CONNECTIONS
  dropClientsThatDoNotRead(app.server, CLIENT_TIMEOUT_MS)

  // `curl -d` without -H says that it sends a form; whatever it says, it is JSON.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, async (_: unknown, body: string | Buffer) =>
    parseBody(String(body)),
  )
  app.get('/v1/openapi.json', async () => openApi(commands, version))
  app.get('/metrics', async (_, reply) => reply.type(METRICS_TYPE).send(await metrics()))
  app.post<{ Params: { noun: string; verb: string } }>(
    '/v1/:noun/:verb',
    async ({ params, headers, body }) => {
      const command = findCommand(commands, params.noun, params.verb)
      const context = contextFor({ actor: actorOf(headers['x-sallyport-actor']), source, role })
      return await runCommand(command, body ?? {}, context)
    },
  )
  app.setNotFoundHandler(() => {
    throw new CommandError(
      'not-found',
      'there is nothing here',
      'POST /v1/NOUN/VERB, or GET /v1/openapi.json',
    )
  })
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { status, body } = answerTo(error)
    if (status === 500) log.error('a command failed', { request: `${request.method} ${request.url}`, error })
    return reply.code(status).send(body)
  })
  return app
}

/**
 * Whoever can open the socket has its role, so the name that he gives himself proves nothing and needs no proof: it tells
 * colleagues apart who share the right. It is cut and cleaned, for it is printed, and `source` says `socket`, so that
 * nobody takes it for an authenticated one.
 */
function actorOf(header: string | string[] | undefined): string {
  const name = decoded(typeof header === 'string' ? header : '')
  const clean = name.slice(0, 64).replace(/[^\p{L}\p{N}._@+-]/gu, '_')
  return `admin:${clean === '' ? 'local' : clean}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** sockaddr_un.sun_path has 108 octets (104 on macOS and BSD), the last a NUL. */
const MAX_PATH_OCTETS = process.platform === 'linux' ? 107 : 103

/** Removes the socket of a server that is gone; throws AdminSocketRefused for anything else that is in the way. */
async function makeWay(path: string): Promise<void> {
  const octets = Buffer.byteLength(path)
  if (octets > MAX_PATH_OCTETS) {
    throw new AdminSocketRefused(
      `the admin socket's path has ${octets} octets; the system allows ${MAX_PATH_OCTETS}: ${path}`,
      'set admin.socket to a shorter path, such as /run/sallyport/admin.sock',
    )
  }
  await requireDirectory(dirname(path))
  const found = await lstat(path).catch(() => null)
  if (found === null) return
  if (!found.isSocket()) {
    throw new AdminSocketRefused(
      `${path} is where the admin socket goes, but it is not a socket`,
      'move it away, or set admin.socket to another path',
    )
  }
  if (await isListening(path)) {
    throw new AdminSocketRefused(
      `another server listens on ${path}`,
      'stop it first, or give this one its own data_dir or admin.socket',
    )
  }
  await unlink(path).catch(ignoreMissing)
}

async function requireDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => null)
  if (found?.isDirectory()) return
  throw new AdminSocketRefused(
    `the directory of the admin socket does not exist: ${directory}`,
    `create it (mkdir -p ${directory}), or set admin.socket to another path`,
  )
}

/** Only a refused connection proves that nobody listens: a busy server lets us wait, another user's denies us. */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT')
    })
  })
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

/** Not by fastify's listen: the file appears within `listen` itself, so with this mask it never had another mode. */
async function listen(
  server: Server,
  { path, group = null, mode = 0o660 }: AdminSocketOptions,
): Promise<void> {
  // For another group it is opened when it is that group's, and not before.
  const first = group === null ? mode : 0o600
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    const mask = process.umask(0o777 & ~first)
    try {
      server.listen(path, () => {
        server.off('error', reject)
        resolve()
      })
    } finally {
      process.umask(mask)
    }
  })
  if (group === null) return
  try {
    await chown(path, process.getuid?.() ?? -1, group)
    await chmod(path, mode)
  } catch {
    throw new AdminSocketRefused(
      `the admin socket ${path} cannot be given to the group ${group}`,
      'let the user of the server be a member of it; or leave `group` out, and put the socket into a directory of that group with the setgid bit: see docs/console.md',
    )
  }
}

function refusalOf(error: unknown, path: string): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new AdminSocketRefused(`another server has just begun to listen on ${path}`, 'stop one of them')
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new AdminSocketRefused(
        `the admin socket cannot be created: ${path}`,
        `let this user write to ${dirname(path)}, or set admin.socket to another path`,
      )
    default:
      return error
  }
}
