/**
 * Which RADIUS server the client commands ask, and by which shared secret: from their options, else from the configuration.
 */
import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { isIP, isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import type { ClientConfig } from '../config/clients.ts'
import { type Config, readConfig } from '../config/config.ts'
import { resolveSecrets } from '../config/secrets.ts'
import type { Endpoint } from '../network.ts'
import { SharedSecret } from '../radius/shared_secret.ts'
import { configFile, type GlobalOptions } from './context.ts'
import { CliError, ExitStatus, usageError } from './exit_status.ts'
import type { Io } from './io.ts'

export interface TargetOptions {
  readonly server?: string
  readonly client?: string
  readonly secretFile?: string
}

export interface RadiusTarget {
  readonly endpoint: Endpoint
  readonly secret: SharedSecret
  /** null: the secret was given by itself. */
  readonly client: string | null
  /** Where the configuration says that the server keeps its files; null without one. */
  readonly dataDir: string | null
}

/** `name`: what the server is called in the command's usage. */
export function radiusTarget(
  options: TargetOptions,
  globals: GlobalOptions,
  io: Io,
  name = '--server',
): RadiusTarget {
  const file = options.secretFile
  // Without a configuration there may still be a server elsewhere, and a file with its secret.
  const config =
    file !== undefined && options.server !== undefined
      ? null
      : readConfig({ file: configFile(globals, io), env: io.env, cwd: io.cwd })
  const endpoint =
    options.server === undefined ? reachable(config!.radius.listen[0]!) : parseServer(options.server, name)
  const dataDir = config?.server.dataDir ?? null
  if (file !== undefined)
    return { endpoint, secret: secretFrom(resolve(io.cwd, file)), client: null, dataDir }
  const client = chooseClient(config!, options.client)
  return { endpoint, secret: secretOf(config!, client), client: client.name, dataDir }
}

export interface LoginAndClient {
  readonly login: string
  readonly client?: string
}

/** `NAME@CLIENT` names both if the configuration has such a client; any other `@` belongs to the user name. */
export function loginAndClient(
  typed: string,
  options: TargetOptions,
  globals: GlobalOptions,
  io: Io,
): LoginAndClient {
  const at = typed.lastIndexOf('@')
  if (at <= 0 || options.client !== undefined || options.secretFile !== undefined) return { login: typed }
  const { clients } = readConfig({ file: configFile(globals, io), env: io.env, cwd: io.cwd }).radius
  const client = typed.slice(at + 1)
  return clients.some(({ name }) => name === client)
    ? { login: typed.slice(0, at), client }
    : { login: typed }
}

/** `HOST`, `HOST:PORT`, `[IPv6]` or `[IPv6]:PORT`. */
export function parseServer(text: string, what: string): Endpoint {
  const [, address, name, port = '1812'] = /^(?:\[([^\]]+)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = address === undefined ? name : isIPv6(address) ? address : undefined
  if (host !== undefined && Number(port) > 0 && Number(port) < 65_536) return { host, port: Number(port) }
  throw usageError(`${what} must be an address with a port, such as 127.0.0.1:1812 or [::1]:1812`)
}

/** A server that listens on every address is reached on the loopback one. */
export function reachable({ host, port }: Endpoint): Endpoint {
  const loopback: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
  return { host: loopback[host] ?? host, port }
}

function chooseClient({ radius: { clients } }: Config, name: string | undefined): ClientConfig {
  const chosen = clients.find((client) => client.name === (name ?? 'localhost'))
  if (chosen !== undefined) return chosen
  const [only, ...others] = clients
  if (name === undefined && only !== undefined && others.length === 0) return only
  const names = clients.map((client) => client.name).join(', ')
  if (name !== undefined)
    throw usageError(`there is no client ${name} in the configuration`, `there is ${names}`)
  throw usageError('which client shall this be?', `--client NAME, with one of ${names}`)
}

function secretOf(config: Config, client: ClientConfig): SharedSecret {
  // Only the one file is read: of the others' we may know nothing.
  const alone = { ...config, radius: { ...config.radius, clients: [client] } }
  const { secret } = resolveSecrets(alone).clients[0]!
  if (secret !== null) return new SharedSecret(secret.reveal())
  throw usageError(
    `the client ${client.name} has no shared secret: it comes over TLS`,
    'choose another by --client NAME',
  )
}

function secretFrom(file: string): SharedSecret {
  try {
    return new SharedSecret(readFileSync(file, 'utf8').replace(/\r?\n$/, ''))
  } catch (error) {
    const why =
      error instanceof RangeError ? 'is empty' : `cannot be read (${(error as NodeJS.ErrnoException).code})`
    throw new CliError(ExitStatus.refused, `the secret file ${file} ${why}`)
  }
}

/** The IP address of a host. Throws CliError if there is none. */
export async function addressOf(host: string): Promise<string> {
  if (isIP(host)) return host
  const found = await lookup(host).catch(() => null)
  if (found !== null) return found.address
  throw new CliError(ExitStatus.noServer, `there is no host ${host}`, 'give --server an IP address')
}

export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
