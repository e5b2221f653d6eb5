/** One command over the admin socket of a running server. */
import { request } from 'node:http'
import { userInfo } from 'node:os'
import { COMMAND_ERRORS } from '../admin/command_error.ts'
import { CliError, ExitStatus } from './exit_status.ts'

export interface Server {
  /** Path of the Unix socket. */
  readonly socket: string
  /** How the caller wishes to be named in the audit trail. */
  readonly actor: string
}

/** Answers what the API answers. Throws CliError: noServer if none is reached, refused with its message and hint. */
export async function callServer(server: Server, noun: string, verb: string, input: object): Promise<object> {
  const { status, text } = await post(server, `/v1/${noun}/${verb}`, JSON.stringify(input))
  const answer = parse(text)
  if (answer === null) {
    throw new CliError(
      ExitStatus.noServer,
      `what listens on ${server.socket} is not Sallyport`,
      'name its admin socket with --socket or SALLYPORT_SOCKET',
    )
  }
  if (status === 200) return answer
  throw refusal(answer)
}

/** `alice`, also after `sudo`. */
export function actorName(env: Readonly<Record<string, string | undefined>>): string {
  if (env.SUDO_USER) return env.SUDO_USER
  try {
    return userInfo().username
  } catch {
    // A container may run us under a number that has no name.
    return `uid-${process.getuid?.() ?? 'unknown'}`
  }
}

interface Reply {
  readonly status: number
  readonly text: string
}

function post({ socket, actor }: Server, path: string, body: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'x-sallyport-actor': encodeURIComponent(actor),
    }
    const sent = request({ socketPath: socket, method: 'POST', path, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', (error) => reject(failure(error, socket)))
    })
    sent.on('error', (error) => reject(failure(error, socket)))
    sent.end(body)
  })
}

function failure(error: NodeJS.ErrnoException, socket: string): CliError {
  switch (error.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
    case 'ENOTSOCK':
      return new CliError(
        ExitStatus.noServer,
        `no server listens on ${socket}`,
        'start it with `sallyport serve`, or name its admin socket with --socket or SALLYPORT_SOCKET',
      )
    case 'EACCES':
    case 'EPERM':
      return new CliError(
        ExitStatus.noServer,
        `you may not open the admin socket ${socket}`,
        'run this as the user of the server, as a member of its group, or with sudo',
      )
    case 'ECONNRESET':
    case 'EPIPE':
      return new CliError(
        ExitStatus.refused,
        'the server closed the connection before it answered',
        'it may be stopping or busy; whether the command was carried out is in `sallyport audit list`',
      )
    default:
      return new CliError(
        ExitStatus.noServer,
        `the admin socket ${socket} cannot be used (${error.code ?? error.message})`,
      )
  }
}

function parse(text: string): object | null {
  try {
    const answer: unknown = JSON.parse(text)
    return typeof answer === 'object' && answer !== null ? answer : null
  } catch {
    return null
  }
}

function refusal(answer: object): CliError {
  const { error } = answer as { error?: { code?: unknown; message?: unknown; hint?: unknown } }
  const known = typeof error === 'object' && [...COMMAND_ERRORS, 'internal'].includes(String(error.code))
  if (!known) return new CliError(ExitStatus.refused, 'the server refused without a reason', 'see its log')
  return new CliError(ExitStatus.refused, String(error.message), String(error.hint ?? ''))
}
