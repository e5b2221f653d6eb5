/** The whole command line: the table's commands under their nouns, and what the CLI does on its own. */
import { Command as Commander } from 'commander'
import type { Command } from '../admin/command.ts'
import { nameOf } from '../admin/commands.ts'
import { VERSION } from '../version.ts'
import { callServer } from './admin_client.ts'
import { renderAnswer } from './answers.ts'
import { addBenchCommand } from './bench_command.ts'
import { readInput, subcommand, type Typed } from './command_line.ts'
import { completionScript, SHELLS } from './completion.ts'
import { configFile, type GlobalOptions, print, printJson, screenOf, serverOf } from './context.ts'
import { addEapCommand } from './eap_command.ts'
import { CliError, ExitStatus } from './exit_status.ts'
import { nounOverview, overview, summaryOfNoun } from './help.ts'
import type { Io } from './io.ts'
import { withProgress } from './progress.ts'
import { askYesOrNo, openTerminal } from './terminal.ts'
import { addTestCommand } from './test_command.ts'
import { addExportOptions, exportFormat, exportPages, isTrail } from './trail_export.ts'

export interface Dependencies {
  /** Runs the server until it is told to stop; answers the exit status. `file`: the configuration, null for none. */
  readonly serve: (options: { readonly file: string | null }) => Promise<number>
}

/** `done` is told the exit status of the command that ran. */
export function buildProgram(
  commands: readonly Command[],
  io: Io,
  { serve }: Dependencies,
  done: (status: number) => void,
): Commander {
  const program = new Commander('sallyport')
    .version(VERSION, '--version', 'print the version')
    .option('--json', 'print the very object of the API')
    .option(
      '--socket <path>',
      "admin socket of the running server (SALLYPORT_SOCKET; else the configuration's)",
    )
    .option('--config <file>', 'configuration file (SALLYPORT_CONFIG)')
  program.helpInformation = () => overview(commands)
  const globals = () => program.opts<GlobalOptions>()

  program
    .command('serve')
    .description('start the server')
    .action(async () => done(await serve({ file: configFile(globals(), io) })))
  addTestCommand(program, globals, io, done)
  addBenchCommand(program, globals, io, done)
  addEapCommand(program, globals, io, done)
  program
    .command('completion')
    .description('print a completion script')
    .argument('<shell>', SHELLS.join(', '))
    .action((shell: string) => print(io, completionScript(shell)))

  for (const noun of new Set(commands.map((command) => command.noun))) {
    const group = program.command(noun).description(summaryOfNoun(noun)).helpCommand(false)
    group.helpInformation = () => nounOverview(noun, commands)
    for (const command of commands.filter((candidate) => candidate.noun === noun)) {
      const sub = subcommand(command)
      sub.copyInheritedSettings(group)
      if (isTrail(command)) addExportOptions(sub)
      sub.action(async () => done(await runRemote(command, sub, globals(), io)))
      group.addCommand(sub)
    }
  }
  return program
}

async function runRemote(
  command: Command,
  typed: Commander,
  globals: GlobalOptions,
  io: Io,
): Promise<number> {
  const server = serverOf(globals, io)
  const input = await readInput(command, typed, io)
  await confirmed(command, typed, input, io)
  const name = nameOf(command)
  const format = isTrail(command) ? exportFormat(typed, globals.json === true) : null
  if (format !== null) {
    await exportPages(format, input, (page) => callServer(server, command.noun, command.verb, page), io)
    return ExitStatus.done
  }
  const answer = await withProgress(io, name, callServer(server, command.noun, command.verb, input))
  if (globals.json) printJson(io, answer)
  else print(io, renderAnswer(name, answer, screenOf(io)))
  return isRefusal(answer) ? ExitStatus.refused : ExitStatus.done
}

/** A command that was done and whose answer is a no: a rejected login, an altered audit trail. */
function isRefusal(answer: object): boolean {
  const { ok, verdict } = answer as { ok?: unknown; verdict?: unknown }
  return ok === false || verdict === 'reject'
}

/** Without a terminal nobody is asked: a script knows what it does. */
async function confirmed({ confirm }: Command, typed: Commander, input: Typed, io: Io): Promise<void> {
  if (confirm === undefined || typed.opts().yes === true || !io.stdin.isTTY) return
  const terminal = openTerminal(io)
  if (terminal === null) return
  try {
    const subject = Object.values(input).join(' ')
    if (await askYesOrNo(terminal, `${subject}: ${confirm}`)) return
  } finally {
    terminal.close()
  }
  throw new CliError(ExitStatus.refused, 'nothing was changed')
}
