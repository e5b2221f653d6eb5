/** `npm run bench`: starts what is to be compared, drives it in interleaved rounds, and says what came out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { measureGrowth } from './growth.ts'
import { growthReport } from './growth_report.ts'
import { chooseClient, type LoadClient } from './load_client.ts'
import { describeMachine, warnIfBusy } from './machine.ts'
import { measureRounds } from './measure.ts'
import { type Options, readOptions } from './options.ts'
import { report } from './report.ts'

const ROOT = resolve(import.meta.dirname, '..')

async function run(options: Options): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-bench-'))
  const stops: (() => Promise<unknown>)[] = [async () => rmSync(directory, { recursive: true, force: true })]
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse()) await stop().catch((error) => say(String(error)))
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stopAll().then(() => process.exit(130)))
  }
  try {
    const machine = describeMachine()
    const warning = warnIfBusy()
    const text =
      options.growth.length > 0
        ? growthReport(options, machine, warning, await measureGrowth({ options, directory, stops, say }))
        : await compared(options, machine, warning, directory, stops)
    process.stdout.write(`\n${text}`)
    if (options.out !== null) writeFileSync(resolve(ROOT, options.out), text)
  } finally {
    await stopAll()
  }
}

async function compared(
  options: Options,
  machine: [string, string][],
  warning: readonly string[],
  directory: string,
  stops: (() => Promise<unknown>)[],
): Promise<string> {
  const client: LoadClient = chooseClient(options.radload, options.builtIn, directory)
  const measured = await measureRounds({ options, client, directory, stops, say })
  return report(options, [...machine, ['load generator', client.name]], warning, measured)
}

/** Progress, apart from the results. */
function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

const options = readOptions(process.argv.slice(2))
if (options !== null) {
  try {
    await run(options)
  } catch (error) {
    say(`bench: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  }
}
