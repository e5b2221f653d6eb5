/** From the arguments to an exit status. Nothing here ends the process. */
import { type Command as Commander, CommanderError } from 'commander'
import { commands } from '../admin/commands.ts'
import { ConfigError } from '../config/config.ts'
import { complete } from './complete.ts'
import { CliError, ExitStatus } from './exit_status.ts'
import type { Io } from './io.ts'
import { buildProgram, type Dependencies } from './program.ts'

export type { Io } from './io.ts'

/** `argv`: without the interpreter and the script. */
export async function runCli(argv: readonly string[], io: Io, dependencies: Dependencies): Promise<number> {
  // `| head` closes the pipe when it has seen enough: nothing is wrong then.
  for (const stream of [io.stdout, io.stderr]) stream.on('error', ignoreClosedPipe)
  try {
    if (argv[0] === '__complete') return await complete(commands, argv.slice(argv[1] === '--' ? 2 : 1), io)
    let status: number = ExitStatus.done
    const program = buildProgram(commands, io, dependencies, (result) => {
      status = result
    })
    prepare(program, io)
    if (argv.length === 0) {
      program.outputHelp({ error: true })
      return ExitStatus.usage
    }
    await program.parseAsync(argv, { from: 'user' })
    return status
  } catch (error) {
    return report(error, argv, io)
  }
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

/** Everything that commander would print or end, it throws or hands to `io`. */
function prepare(program: Commander, io: Io): void {
  program.exitOverride().configureOutput({
    writeOut: (text) => void io.stdout.write(text),
    writeErr: (text) => void io.stderr.write(text),
    outputError: () => {},
    getOutHelpWidth: () => io.stdout.columns || 80,
    getErrHelpWidth: () => io.stderr.columns || 80,
  })
  for (const sub of program.commands) prepare(sub, io)
}

function report(error: unknown, argv: readonly string[], io: Io): number {
  if (error instanceof CommanderError) return reportUsage(error, argv, io)
  if (error instanceof CliError) {
    say(io, error.message, error.hint)
    return error.status
  }
  const { message, hint } = error as { message?: unknown; hint?: unknown }
  say(io, String(message ?? error), typeof hint === 'string' ? hint : '')
  return error instanceof ConfigError ? ExitStatus.usage : ExitStatus.refused
}

/** --help and --version come this way too, with 0. */
function reportUsage({ code, exitCode, message }: CommanderError, argv: readonly string[], io: Io): number {
  if (exitCode === 0) return ExitStatus.done
  if (code === 'commander.help') return ExitStatus.usage
  const [first = '', ...rest] = message.replace(/^error: /, '').split('\n')
  // Commander would repeat them, and one may be a password.
  const shown = code === 'commander.excessArguments' ? 'too many arguments' : first
  const suggestion = rest.join(' ').replace(/^\((.*)\)$/, '$1')
  say(io, shown, suggestion || `see \`sallyport ${helpPage(argv)}--help\``)
  return ExitStatus.usage
}

function helpPage(argv: readonly string[]): string {
  const [noun, verb] = argv
  return commands.some((command) => command.noun === noun && command.verb === verb) ? `${noun} ${verb} ` : ''
}

function say({ stderr }: Io, message: string, hint: string): void {
  const lines = message.split('\n').map((line) => `sallyport: ${line}`)
  stderr.write(`${[...lines, ...(hint === '' ? [] : [hint])].join('\n')}\n`)
}
