/** `sallyport test`: a minimal RADIUS client, so that a first login needs nothing but this machine. */
import { randomBytes, randomInt } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { isIP, isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import type { Command as Commander } from 'commander'
import { type ClientConfig, type Config, readConfig } from '../config/config.ts'
import { resolveSecrets } from '../config/secrets.ts'
import type { Endpoint } from '../network.ts'
import { AttributeType, Code } from '../radius/attributes.ts'
import { encodeRequest } from '../radius/packet.ts'
import { hidePassword } from '../radius/password.ts'
import { SharedSecret } from '../radius/shared_secret.ts'
import { configFile, type GlobalOptions, print, printJson } from './context.ts'
import { CliError, ExitStatus, usageError } from './exit_status.ts'
import { type Io, readLineOfStdin } from './io.ts'
import { withProgress } from './progress.ts'
import { exchange, type NoResponse, type Request } from './radius_exchange.ts'
import { askHidden, openTerminal } from './terminal.ts'
import {
  describeNoResponse,
  describeResponse,
  describeSent,
  responseObject,
  type Sent,
} from './test_report.ts'

interface TestOptions {
  readonly server?: string
  readonly client?: string
  readonly secretFile?: string
  readonly passwordStdin?: boolean
}

/** RFC 5080 §2.2.1 asks for patience; NASes use 3 seconds and 3 tries. */
const PATIENCE = { tries: 3, intervalMs: 3000 }
const NAS_IDENTIFIER = 'sallyport-test'

export function addTestCommand(
  program: Commander,
  globals: () => GlobalOptions,
  io: Io,
  done: (status: number) => void,
): void {
  program
    .command('test')
    .summary('send a RADIUS request as a VPN gateway would')
    .description('Sends a real RADIUS Access-Request and says what came back. It counts like any login.')
    .argument('<login>', 'user name')
    .option('--server <address:port>', 'where to (default: the first radius.listen of the configuration)')
    .option(
      '--client <name>',
      'use the secret of this [[radius.clients]] (default: localhost, or the only one)',
    )
    .option('--secret-file <file>', 'read the shared secret from a file instead')
    .option('--password-stdin', 'read PIN and OTP from the first line of standard input')
    .addHelpText(
      'after',
      '\nExample:\n  $ sallyport test alice\n\nExit status: 0 Access-Accept, 1 Access-Reject, 3 no reply.',
    )
    .action(async (login: string, options: TestOptions) => done(await runTest(login, options, globals(), io)))
}

async function runTest(login: string, options: TestOptions, globals: GlobalOptions, io: Io): Promise<number> {
  const { endpoint, secret, client } = settingsOf(options, globals, io)
  const password = options.passwordStdin ? await readLineOfStdin(io) : await askPassword(io)
  const request = await accessRequest(login, password, endpoint, secret)
  const sent: Sent = {
    login,
    client,
    server: formatServer(request),
    octets: request.octets.length,
    nasIdentifier: NAS_IDENTIFIER,
  }
  if (!globals.json) print(io, describeSent(sent))
  const answer = await withProgress(
    io,
    `waiting for ${sent.server}`,
    exchange(request, PATIENCE).catch(unreachable),
  )
  if (answer.kind === 'no-response') {
    const { message, hint } = describeNoResponse(answer, sent)
    throw new CliError(ExitStatus.noServer, message, hint)
  }
  if (globals.json) printJson(io, responseObject(answer, sent))
  else print(io, describeResponse(answer))
  return answer.code === Code.AccessAccept ? ExitStatus.done : ExitStatus.refused
}

interface Settings {
  readonly endpoint: Endpoint
  readonly secret: SharedSecret
  /** null: the secret was given by itself. */
  readonly client: string | null
}

function settingsOf(options: TestOptions, globals: GlobalOptions, io: Io): Settings {
  const file = options.secretFile
  // Without a configuration there may still be a server elsewhere, and a file with its secret.
  const config =
    file !== undefined && options.server !== undefined
      ? null
      : readConfig({ file: configFile(globals, io), env: io.env, cwd: io.cwd })
  const endpoint =
    options.server === undefined ? reachable(config!.radius.listen[0]!) : parseServer(options.server)
  if (file !== undefined) return { endpoint, secret: secretFrom(resolve(io.cwd, file)), client: null }
  const client = chooseClient(config!, options.client)
  return { endpoint, secret: secretOf(config!, client), client: client.name }
}

/** `HOST`, `HOST:PORT`, `[IPv6]` or `[IPv6]:PORT`. */
function parseServer(text: string): Endpoint {
  const [, address, name, port = '1812'] = /^(?:\[([^\]]+)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = address === undefined ? name : isIPv6(address) ? address : undefined
  if (host !== undefined && Number(port) > 0 && Number(port) < 65_536) return { host, port: Number(port) }
  throw usageError('--server must be an address with a port, such as 127.0.0.1:1812 or [::1]:1812')
}

/** A server that listens on every address is reached on the loopback one. */
function reachable({ host, port }: Endpoint): Endpoint {
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
  return new SharedSecret(resolveSecrets(alone).clients[0]!.secret.reveal())
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

async function askPassword(io: Io): Promise<string> {
  const terminal = openTerminal(io)
  if (terminal === null) {
    throw usageError('there is no terminal to ask for the password on', 'use --password-stdin')
  }
  try {
    return await askHidden(terminal, 'Password (PIN and OTP)')
  } finally {
    terminal.close()
  }
}

async function accessRequest(
  login: string,
  password: string,
  endpoint: Endpoint,
  secret: SharedSecret,
): Promise<Request> {
  const host = isIP(endpoint.host)
    ? endpoint.host
    : (await lookup(endpoint.host).catch(() => noSuchHost(endpoint))).address
  const identifier = randomInt(256)
  const requestAuthenticator = randomBytes(16)
  try {
    const attributes = [
      { type: AttributeType.UserName, value: Buffer.from(login) },
      { type: AttributeType.UserPassword, value: hidePassword(password, requestAuthenticator, secret) },
      { type: AttributeType.NasIdentifier, value: Buffer.from(NAS_IDENTIFIER) },
    ]
    const octets = encodeRequest(Code.AccessRequest, identifier, requestAuthenticator, attributes, secret)
    return { host, port: endpoint.port, identifier, requestAuthenticator, octets, secret }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw usageError('RADIUS cannot carry this: a user name has at most 253 octets, a password 128')
  }
}

function noSuchHost({ host }: Endpoint): never {
  throw new CliError(ExitStatus.noServer, `there is no host ${host}`, 'give --server an IP address')
}

function unreachable(error: unknown): NoResponse {
  const { code = '' } = error as NodeJS.ErrnoException
  if (!['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EACCES'].includes(code)) throw error
  return { kind: 'no-response', tries: 1, refused: true, discarded: [] }
}

function formatServer({ host, port }: Pick<Endpoint, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
