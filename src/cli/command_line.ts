/** One row of the table as a subcommand: its options, and what was typed turned into the command's input. */
import { Argument, Command as Commander, Option } from 'commander'
import type { Command } from '../admin/command.ts'
import { CommandError } from '../admin/command_error.ts'
import { validate } from '../admin/validate.ts'
import { usageError } from './exit_status.ts'
import { type Field, fieldsOf, NONE, parseList, parseValue } from './field.ts'
import { type Io, readLineOfStdin, readStdin } from './io.ts'
import { askHidden, openTerminal } from './terminal.ts'

export type Typed = Readonly<Record<string, unknown>>

/** The subcommand, as yet without an action. */
export function subcommand(command: Command): Commander {
  const { noun, verb, summary, positional = [], prompt, example, confirm } = command
  const sub = new Commander(verb).summary(summary).description(sentence(summary))
  const fields = fieldsOf(command)
  sub.usage([...positional.map((name) => usageOf(fieldNamed(fields, name))), '[options]'].join(' '))
  for (const name of positional) {
    const field = fieldNamed(fields, name)
    sub.addArgument(new Argument(`[${field.flag}]`, summaryOf(field)))
  }
  for (const field of fields) {
    if (field.name !== prompt?.field) for (const option of optionsOf(field, positional)) sub.addOption(option)
  }
  if (prompt !== undefined) addPromptOptions(sub, command)
  if (confirm !== undefined) sub.option('--yes', 'do not ask first')
  if (fields.length > 0) sub.option('--input <->', 'take the input as a JSON object from standard input')
  if (example !== undefined) sub.addHelpText('after', `\nExample:\n  $ sallyport ${noun} ${verb} ${example}`)
  return sub
}

function sentence(summary: string): string {
  return `${summary[0]!.toUpperCase()}${summary.slice(1)}.`
}

function usageOf({ flag, required }: Field): string {
  return required ? `<${flag}>` : `[${flag}]`
}

function fieldNamed(fields: readonly Field[], name: string): Field {
  const field = fields.find((candidate) => candidate.name === name)
  if (field === undefined) throw new Error(`the table names a field that the schema does not have: ${name}`)
  return field
}

function optionsOf(field: Field, positional: readonly string[]): Option[] {
  const { name, flag, kind } = field
  if (kind === 'boolean') {
    return [
      new Option(`--${flag}`, summaryOf(field)),
      new Option(`--no-${flag}`, `the opposite of --${flag}`),
    ]
  }
  const option = new Option(`--${flag} <${placeholder(field)}>`, summaryOf(field))
  if (kind === 'list') option.argParser((text, before: string[] = []) => [...before, text])
  return [positional.includes(name) ? option.hideHelp() : option]
}

function placeholder({ kind, flag, choices }: Field): string {
  if (kind === 'number') return 'number'
  if (kind === 'list') return 'text'
  if (kind !== 'choice') return kind
  const alternatives = choices.join('|')
  return alternatives.length <= MAX_PLACEHOLDER ? alternatives : flag
}

const MAX_PLACEHOLDER = 24

function summaryOf(field: Field): string {
  const { summary, choices, nullable, preset } = field
  const saidAlready = choices.every(
    (choice) => summary.includes(`${choice}:`) || placeholder(field) !== field.flag,
  )
  const notes = [
    saidAlready ? null : choices.join(', '),
    nullable ? `${NONE} = not set` : null,
    preset === undefined ? null : `default: ${preset}`,
  ].filter((note) => note !== null)
  return notes.length === 0 ? summary : `${summary} (${notes.join('; ')})`
}

const WITHOUT = {
  omit: 'do not ask for one',
  null: 'clear it without asking',
} as const

function addPromptOptions(sub: Commander, { prompt }: Command): void {
  const { field, empty } = prompt!
  sub.option(`--${field}-stdin`, `read the ${wordFor(field)} from the first line of standard input`)
  if (empty !== 'refuse') sub.option(`--no-${field}`, WITHOUT[empty])
}

/** What was typed, as input; the prompt's field comes from the terminal or standard input. Throws CliError. */
export async function readInput(command: Command, typed: Commander, io: Io): Promise<Typed> {
  const options = typed.opts<Record<string, unknown>>()
  if (options.input !== undefined) return await inputFromStdin(command, typed, io)
  const fields = fieldsOf(command)
  const given = fromCommandLine(command, fields, typed)
  const { prompt } = command
  const names = namesOf(command, fields)
  if (prompt === undefined) return check(command, given, names)
  // First the rest, so that nobody types a PIN for nothing; any PIN and any password will do for that.
  check(command, { ...given, [prompt.field]: '0'.repeat(10) }, names)
  const hidden = await promptedValue(command, options, io)
  return check(command, hidden === undefined ? given : { ...given, [prompt.field]: hidden }, names)
}

function check(command: Command, input: Typed, nameOf?: (field: string) => string): Typed {
  try {
    validate(command, input, nameOf)
    return input
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    throw usageError(error.message, error.hint || helpHint(command))
  }
}

function helpHint({ noun, verb }: Command): string {
  return `see \`sallyport ${noun} ${verb} --help\``
}

function namesOf({ positional = [], prompt }: Command, fields: readonly Field[]): (name: string) => string {
  return (name) => {
    if (name === prompt?.field) return `the ${wordFor(name)}`
    const flag = fields.find((field) => field.name === name)?.flag ?? name
    return positional.includes(name) ? `<${flag}>` : `--${flag}`
  }
}

/** `pin` is written as people write it. */
function wordFor(field: string): string {
  return field === 'pin' ? 'PIN' : field
}

function fromCommandLine(command: Command, fields: readonly Field[], typed: Commander): Typed {
  const options = typed.opts<Record<string, unknown>>()
  const input: Record<string, unknown> = {}
  for (const field of fields) {
    const place = command.positional?.indexOf(field.name) ?? -1
    const argument = place < 0 ? undefined : typed.args[place]
    const option = field.name === command.prompt?.field ? undefined : options[field.name]
    if (argument !== undefined && option !== undefined) {
      throw usageError(`<${field.flag}> was given twice, once as --${field.flag}`)
    }
    const value = argument ?? option
    if (Array.isArray(value)) input[field.name] = parseList(field, value)
    else if (value !== undefined)
      input[field.name] = typeof value === 'string' ? parseValue(field, value) : value
  }
  return input
}

async function inputFromStdin(command: Command, typed: Commander, io: Io): Promise<Typed> {
  const { input, yes, csv, ndjson, ...others } = typed.opts<Record<string, unknown>>()
  if (input !== '-') throw usageError('--input takes - only: the JSON object comes from standard input')
  const noPin = (name: string) => typed.getOptionValueSource(name) === 'default'
  if (typed.args.length > 0 || Object.keys(others).some((name) => !noPin(name))) {
    throw usageError('--input - takes the whole input; give nothing else beside it', helpHint(command))
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(await readStdin(io))
  } catch {
    throw usageError('standard input is not a JSON object', 'for example: echo \'{"serial":"HOTP1234ABCD"}\'')
  }
  return check(command, parsed as Typed)
}

/** undefined: leave the field out. */
async function promptedValue(command: Command, options: Typed, io: Io): Promise<string | null | undefined> {
  const { field, empty } = command.prompt!
  const none = empty === 'null' ? null : undefined
  const fromStdin = options[`${field}Stdin`] === true
  const refused = options[field] === false
  if (fromStdin && refused) throw usageError(`--${field}-stdin and --no-${field} contradict each other`)
  if (refused) return none
  const value = fromStdin ? await readLineOfStdin(io) : await askOnTerminal(command, io)
  if (value !== '') return value
  if (fromStdin) {
    // Never none by accident: what should have written the line may have failed.
    const instead = empty === 'refuse' ? '' : `use --no-${field} if it shall have none`
    throw usageError(`standard input has no ${wordFor(field)} on its first line`, instead)
  }
  if (empty === 'refuse') throw usageError(`the ${wordFor(field)} is empty`)
  return none
}

const TRIES = 3

async function askOnTerminal(command: Command, io: Io): Promise<string> {
  const { field, label, confirm, empty } = command.prompt!
  const terminal = openTerminal(io)
  if (terminal === null) {
    const instead = empty === 'refuse' ? '' : `, or --no-${field} for none`
    throw usageError(
      `there is no terminal to ask for the ${wordFor(field)} on`,
      `use --${field}-stdin to read it from standard input${instead}`,
    )
  }
  try {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const first = await askHidden(terminal, label)
      if (!confirm || first === '' || first === (await askHidden(terminal, 'Once more'))) return first
      terminal.output.write('The two are not the same.\n')
    }
    throw usageError(`the ${wordFor(field)} was not typed the same twice`)
  } finally {
    terminal.close()
  }
}
