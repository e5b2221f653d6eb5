/** The program: arguments to `serve` or a command. The only place that ends the process. */
import process from 'node:process'
import type { Io } from './cli/io.ts'
import { runCli } from './cli/run_cli.ts'

const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
}

const status = await runCli(process.argv.slice(2), io, {
  // Loaded only to serve: a command answers without waiting for the database drivers.
  serve: async ({ file }) => {
    const { run } = await import('./server/run.ts')
    return await run({ file, env: io.env, cwd: io.cwd, print: (text) => process.stdout.write(text) })
  },
})
process.stdout.write('', () => process.exit(status))
