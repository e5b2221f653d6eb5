/**
 * The real server: `bin/sallyport serve` as a child process, in a directory of its own, on free ports, with the real CLI
 * against it. All that it says is kept, for the tests to search.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify, type TomlTable } from 'smol-toml'
import { callServer } from '../../src/cli/admin_client.ts'
import { type Endpoint, parseEndpoint, Refusal } from '../../src/network.ts'
import { PROGRAM, type Ran, run } from '../cli/run_sallyport.ts'
import { type DatabaseKind, SQLITE, type TestDatabase } from '../support/databases.ts'
import { until } from '../support/until.ts'
import { RadiusClient } from './radius_client.ts'

/** Of the client `vpn`, which is this machine. */
export const CLIENT_SECRET = 'shared-by-vpn-and-us-5461'

/** Sections and keys of the configuration; null leaves one out. */
export type Settings = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export interface ServerOptions {
  readonly kind?: DatabaseKind
  /** Another server's: then that one removes it. */
  readonly database?: TestDatabase
  readonly settings?: Settings
}

export interface Exit {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
}

const START_MS = 20_000

export class TestServer {
  readonly directory: string
  readonly database: TestDatabase
  readonly configFile: string
  /** Standard output and error, of all its starts. */
  stdout = ''
  log = ''
  listening: readonly Endpoint[] = []
  /** RADIUS over TLS. */
  listeningTls: readonly Endpoint[] = []
  accounting: readonly Endpoint[] = []
  /** Empty where it is off. */
  consoleUrl = ''
  readonly #ownsDatabase: boolean
  readonly #clients: RadiusClient[] = []
  #child: ChildProcess | null = null
  #exited: Promise<Exit> = Promise.resolve({ status: null, signal: null })

  private constructor(database: TestDatabase, options: ServerOptions) {
    this.directory = mkdtempSync(join(tmpdir(), 'sallyport-e2e-'))
    this.configFile = join(this.directory, 'sallyport.toml')
    this.database = database
    this.#ownsDatabase = options.database === undefined
    this.configure(options.settings)
  }

  /** Without starting it. */
  static async prepare(options: ServerOptions = {}): Promise<TestServer> {
    return new TestServer(options.database ?? (await (options.kind ?? SQLITE).create()), options)
  }

  static async start(options: ServerOptions = {}): Promise<TestServer> {
    const server = await TestServer.prepare(options)
    try {
      await server.start()
      return server
    } catch (error) {
      await server.close()
      throw error
    }
  }

  /** Writes the configuration anew; for a server that runs, until a reload nothing changes. */
  configure(settings: Settings = {}): void {
    const sections: Record<string, Record<string, unknown>> = {
      server: { node: 'a', data_dir: './data' },
      database: { url: this.database.url },
      radius: { listen: ['127.0.0.1:0'], reject_delay: 0, clients: [vpn()] },
      console: { listen: 'off' },
    }
    for (const [name, section] of Object.entries(settings)) {
      const merged = Object.entries({ ...sections[name], ...section })
      sections[name] = Object.fromEntries(merged.filter(([, value]) => value !== null))
    }
    this.writeConfig(stringify(sections as TomlTable))
  }

  writeConfig(text: string): void {
    writeFileSync(this.configFile, text)
    chmodSync(this.configFile, 0o600)
  }

  /** Also again, after `stop` or `kill`: on the same directory and database, on new ports. */
  async start(): Promise<void> {
    const before = this.stdout.length
    const child = spawn(PROGRAM, ['serve'], { env: this.env, cwd: this.directory, detached: true })
    this.#child = child
    this.#exited = once(child, 'close').then(([status, signal]) => ({ status, signal }))
    const ready = new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk) => {
        this.stdout += chunk
        if (this.stdout.includes('admin socket', before)) resolve()
      })
    })
    child.stderr.on('data', (chunk) => {
      this.log += chunk
    })
    const ended = this.#exited.then(({ status }) => Promise.reject(`it ended with status ${status}`))
    const late = AbortSignal.timeout(START_MS)
    const tooLate = once(late, 'abort').then(() => Promise.reject('it is not ready'))
    tooLate.catch(() => {})
    ended.catch(() => {})
    await Promise.race([ready, ended, tooLate]).catch((reason) => {
      throw new Error(`the server does not start: ${reason}\n${this.stdout}${this.log}`)
    })
    const [, addresses = ''] = /listening +(.*)/.exec(this.stdout.slice(before)) ?? []
    this.listening = addresses.split(', ').map(endpointOf)
    const [, overTls] = /over TLS +(.*)/.exec(this.stdout.slice(before)) ?? []
    this.listeningTls = overTls === undefined ? [] : overTls.split(', ').map(endpointOf)
    this.consoleUrl = /^ +console +(\S+)$/m.exec(this.stdout.slice(before))?.[1] ?? ''
    const [, accounting] = /accounting +(.*)/.exec(this.stdout.slice(before)) ?? []
    this.accounting = accounting?.split(', ').map(endpointOf) ?? []
  }

  /** `serve` that is expected to end by itself. */
  async startAndFail(env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return await run(['serve'], { env: { ...this.env, ...env }, cwd: this.directory })
  }

  get env(): Record<string, string> {
    const { PATH = '' } = process.env
    return { PATH, LANG: 'C.UTF-8', SUDO_USER: 'carol', SALLYPORT_CONFIG: this.configFile }
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.signal(signal)
    return await this.exited()
  }

  async exited(): Promise<Exit> {
    const exit = await this.#exited
    this.#child = null
    return exit
  }

  /** The CLI as a user runs it. */
  async sallyport(args: readonly string[], stdin = ''): Promise<Ran> {
    return await run(args, { env: this.env, cwd: this.directory, stdin })
  }

  /** The same commands without the 250 ms that a process takes. Throws the error that the CLI would print. */
  async command(noun: string, verb: string, input: object = {}): Promise<Record<string, unknown>> {
    const socket = join(this.directory, 'data', 'admin.sock')
    return (await callServer({ socket, actor: 'carol' }, noun, verb, input)) as Record<string, unknown>
  }

  async token(serial: string): Promise<Record<string, unknown>> {
    return (await this.command('token', 'show', { serial })).token as Record<string, unknown>
  }

  async counters(): Promise<Record<string, number>> {
    return (await this.command('server', 'status')).counters as Record<string, number>
  }

  /** A NAS of its own port; closed with the server. */
  async client({ secret = CLIENT_SECRET, from, listener = 0 }: ClientOptions = {}): Promise<RadiusClient> {
    const client = await RadiusClient.open(this.listening[listener]!, secret, from)
    this.#clients.push(client)
    return client
  }

  /** A NAS that accounts. */
  async accountingClient({
    secret = CLIENT_SECRET,
    from,
  }: Omit<ClientOptions, 'listener'> = {}): Promise<RadiusClient> {
    const client = await RadiusClient.open(this.accounting[0]!, secret, from)
    this.#clients.push(client)
    return client
  }

  /** Waits until the log has it. */
  async logged(text: string | RegExp): Promise<void> {
    await until(`the log to have ${text}`, () =>
      typeof text === 'string' ? this.log.includes(text) : text.test(this.log),
    )
  }

  /** Whatever state it is in. */
  async close(): Promise<void> {
    if (this.#child?.exitCode === null && this.#child.signalCode === null) await this.stop('SIGKILL')
    await Promise.all(this.#clients.splice(0).map((client) => client.close()))
    if (this.#ownsDatabase) await this.database.drop()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

export interface ClientOptions {
  readonly secret?: string
  readonly from?: string
  /** Which of the server's addresses. */
  readonly listener?: number
}

/** A [[radius.clients]] block. */
export function vpn(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { name: 'vpn', address: ['127.0.0.1', '::1'], secret: CLIENT_SECRET, ...change }
}

function endpointOf(text: string): Endpoint {
  const endpoint = parseEndpoint(text)
  if (endpoint instanceof Refusal) throw new Error(`the server listens on ${text}`)
  return endpoint
}
