/** What the global options and the environment say: which configuration, which socket, which form of output. */
import { resolve } from 'node:path'
import { ConfigError, readConfig } from '../config/config.ts'
import { actorName, type Server } from './admin_client.ts'
import type { Screen } from './answers.ts'
import { CliError, ExitStatus } from './exit_status.ts'
import type { Io } from './io.ts'

export interface GlobalOptions {
  readonly json?: boolean
  readonly socket?: string
  readonly config?: string
}

export function configFile({ config }: GlobalOptions, { env }: Pick<Io, 'env'>): string | null {
  return config || env.SALLYPORT_CONFIG || null
}

/** --socket, SALLYPORT_SOCKET, then the configuration. */
export function serverOf(options: GlobalOptions, io: Pick<Io, 'env' | 'cwd'>): Server {
  const named = options.socket || io.env.SALLYPORT_SOCKET || null
  const socket = named === null ? configuredSocket(options, io) : resolve(io.cwd, named)
  return { socket, actor: actorName(io.env) }
}

function configuredSocket(options: GlobalOptions, { env, cwd }: Pick<Io, 'env' | 'cwd'>): string {
  try {
    return readConfig({ file: configFile(options, { env }), env, cwd }).admin.socket
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new CliError(
      ExitStatus.noServer,
      error.message,
      'mend it, or name the admin socket of the running server with --socket or SALLYPORT_SOCKET',
    )
  }
}

export function screenOf({ stdout, env }: Pick<Io, 'stdout' | 'env'>): Screen {
  return {
    width: stdout.isTTY ? stdout.columns || 80 : null,
    now: Date.now(),
    drawsQrCodes: stdout.isTTY === true && env.TERM !== 'dumb' && showsUtf8(env),
  }
}

/** The locale says so, or nothing: containers set none, and their terminals are those of today. */
function showsUtf8({ LC_ALL, LC_CTYPE, LANG }: Io['env']): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG || ''
  return locale === '' || /utf-?8/i.test(locale)
}

export function print({ stdout }: Pick<Io, 'stdout'>, lines: readonly string[]): void {
  stdout.write(lines.map((line) => `${line}\n`).join(''))
}

export function printJson({ stdout }: Pick<Io, 'stdout'>, answer: object): void {
  stdout.write(`${JSON.stringify(answer, null, 2)}\n`)
}
