/** The program: arguments to `serve`, a command, or a worker of the server. The only place that ends the process. */
import process from 'node:process'
import type { Io } from './cli/io.ts'
import { runCli } from './cli/run_cli.ts'
import { WORKER_MODE } from './server/worker_messages.ts'

const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
}

const argv = process.argv.slice(2)
// Only a server starts one, and speaks to it.
const isWorker = argv[0] === WORKER_MODE && process.connected
const status = isWorker
  ? await work()
  : await runCli(argv, io, {
      // Loaded only to serve: a command answers without waiting for the database drivers.
      serve: async ({ file }) => {
        const { run } = await import('./server/run.ts')
        return await run({ file, env: io.env, cwd: io.cwd, print: (text) => process.stdout.write(text) })
      },
    })
process.stdout.write('', () => process.exit(status))

async function work(): Promise<number> {
  const { runWorker } = await import('./server/worker.ts')
  return await runWorker(io)
}
