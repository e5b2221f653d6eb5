/**
 * One node of Sallyport as a fault run needs it: `bin/sallyport serve` on a fixed port, so that clients find it again,
 * with its log in a file, so that a slow reader is none of its troubles. It may be killed, and looked at by /proc.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { stringify, type TomlTable } from 'smol-toml'
import { callServer } from '../../src/cli/admin_client.ts'
import type { Endpoint } from '../../src/network.ts'
import { PROGRAM } from '../cli/run_sallyport.ts'
import { vpn } from '../e2e/server.ts'
import { freeTcpPort } from '../support/free_port.ts'
import { tidyUp } from './tidy.ts'

/** 32 octets, as every node has it. */
export const MASTER_KEY = Buffer.alloc(32, 1)

/** The users of a run are few, and log in as fast as they can. */
export const NO_LIMITS = { account_rate: 0 }

export interface NodeOptions {
  readonly name: string
  /** Its own; it is made. */
  readonly directory: string
  readonly databaseUrl: string
  /** Where the data directory is, if not in `directory`. */
  readonly dataDirectory?: string
  readonly settings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly env?: Readonly<Record<string, string>>
  /** A command that runs it, such as taskset. */
  readonly launcher?: readonly string[]
}

const START_MS = 30_000

export class Node {
  readonly name: string
  readonly endpoint: Endpoint
  readonly #options: NodeOptions
  readonly #logFile: string
  readonly #configFile: string
  readonly #socket: string
  readonly #sections: Record<string, Record<string, unknown>>
  #child: ChildProcess | null = null
  #exited: Promise<unknown> = Promise.resolve()
  #wanted = false
  /** It ended by itself. */
  crashes = 0

  private constructor(options: NodeOptions, port: number) {
    this.#options = options
    this.name = options.name
    this.endpoint = { host: '127.0.0.1', port }
    const { directory, dataDirectory = join(directory, 'data') } = options
    mkdirSync(dataDirectory, { recursive: true })
    this.#logFile = join(directory, 'log')
    this.#configFile = join(directory, 'sallyport.toml')
    this.#socket = join(directory, 'admin.sock')
    const keyFile = join(directory, 'master.key')
    writeFileSync(keyFile, `${MASTER_KEY.toString('base64')}\n`, { mode: 0o600 })
    const sections: Record<string, Record<string, unknown>> = {
      server: { node: options.name, data_dir: dataDirectory, master_key_file: keyFile },
      database: { url: options.databaseUrl },
      radius: { listen: [`127.0.0.1:${port}`], reject_delay: 0, clients: [vpn()] },
      admin: { socket: this.#socket },
      console: { listen: 'off' },
      // Else on the port behind it, which anybody may have while the node is down.
      accounting: { listen: [] },
      limits: NO_LIMITS,
    }
    for (const [section, keys] of Object.entries(options.settings ?? {})) {
      sections[section] = { ...sections[section], ...keys }
    }
    this.#sections = sections
    this.#writeConfig()
  }

  #writeConfig(): void {
    writeFileSync(this.#configFile, stringify(this.#sections as TomlTable), { mode: 0o600 })
  }

  /** While it runs: the section as given, in place of the one before. */
  async reload(section: string, keys: Record<string, unknown>): Promise<void> {
    this.#sections[section] = keys
    this.#writeConfig()
    await this.command('server', 'reload')
  }

  static async prepare(options: NodeOptions): Promise<Node> {
    return new Node(options, await freeTcpPort())
  }

  static async start(options: NodeOptions): Promise<Node> {
    const node = await Node.prepare(options)
    await node.start()
    return node
  }

  /** Milliseconds until it said that it is ready. */
  async start(): Promise<number> {
    const startedAt = performance.now()
    const [program = PROGRAM, ...args] = [...(this.#options.launcher ?? []), PROGRAM, 'serve']
    const log = openSync(this.#logFile, 'a')
    const child = spawn(program, args, {
      env: {
        PATH: process.env.PATH,
        LANG: 'C.UTF-8',
        SALLYPORT_CONFIG: this.#configFile,
        ...this.#options.env,
      },
      cwd: this.#options.directory,
      stdio: ['ignore', 'pipe', log],
    })
    this.#child = child
    this.#wanted = true
    const forget = tidyUp(() => child.kill('SIGKILL'))
    this.#exited = once(child, 'exit').then(() => {
      forget()
      if (this.#child === child) this.#child = null
      if (this.#wanted) this.crashes++
    })
    let said = ''
    const ready = new Promise<void>((resolve) => {
      child.stdout?.on('data', (chunk) => {
        said += chunk
        if (said.includes('admin socket')) resolve()
      })
    })
    const ended = this.#exited.then(() => Promise.reject(new Error('it ended')))
    const late = new Promise((_, reject) =>
      setTimeout(reject, START_MS, new Error('it is not ready')).unref(),
    )
    ended.catch(() => {})
    late.catch(() => {})
    try {
      await Promise.race([ready, ended, late])
    } catch (error) {
      throw new Error(`node ${this.name}: ${(error as Error).message}\n${said}${this.logTail()}`)
    }
    return performance.now() - startedAt
  }

  get isRunning(): boolean {
    return this.#child !== null
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** By SIGKILL, or by another signal that ends it. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#wanted = false
    this.#child?.kill(signal)
    await this.#exited
  }

  /** Throws when it is not answered in time, too. */
  async command<T = Record<string, unknown>>(
    noun: string,
    verb: string,
    input: object = {},
    withinMs = 120_000,
  ): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(reject, withinMs, new Error(`${noun} ${verb} is not answered in ${withinMs} ms`))
    const answer = callServer({ socket: this.#socket, actor: 'faults' }, noun, verb, input)
    try {
      return (await Promise.race([answer, late])) as T
    } finally {
      clearTimeout(timer)
      answer.catch(() => {})
    }
  }

  /** Megabytes of resident memory. */
  residentMiB(): number {
    const [, pages = '0'] = readFileSync(`/proc/${this.pid}/statm`, 'utf8').split(' ')
    return (Number(pages) * 4096) / 2 ** 20
  }

  handles(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length
  }

  /** Seconds of CPU so far. */
  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  }

  /** Lines of the log that match, at most `most`. */
  async logged(pattern: RegExp, most = 1000): Promise<string[]> {
    const found: string[] = []
    for await (const line of createInterface({ input: createReadStream(this.#logFile) })) {
      if (pattern.test(line) && found.push(line) >= most) break
    }
    return found
  }

  emptyLog(): void {
    writeFileSync(this.#logFile, '')
  }

  logTail(): string {
    return readFileSync(this.#logFile, 'utf8').slice(-2000)
  }
}
