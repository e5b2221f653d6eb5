/** What may stand at the cursor: the hidden `__complete`, which the completion scripts ask. */
import type { Command } from '../admin/command.ts'
import { callServer } from './admin_client.ts'
import { SHELLS } from './completion.ts'
import { type GlobalOptions, print, serverOf } from './context.ts'
import { EAP_VERBS } from './eap_command.ts'
import { ExitStatus } from './exit_status.ts'
import { type Field, fieldsOf } from './field.ts'
import { summaryOfNoun } from './help.ts'
import type { Io } from './io.ts'
import { EXPORT_OPTIONS, isTrail } from './trail_export.ts'

/** A word and what it means. */
type Candidate = readonly [word: string, summary: string]
/** Asks the running server; anything that fails is nothing to offer. */
type Ask = (noun: string, verb: string, input: object) => Promise<object>

/** Prints the candidates, one a line, word TAB summary. `words`: what stands before the cursor, the last perhaps empty. */
export async function complete(
  commands: readonly Command[],
  words: readonly string[],
  io: Io,
): Promise<number> {
  const { rest, options } = withoutGlobals(words)
  const ask: Ask = (noun, verb, input) =>
    Promise.race([callServer(serverOf(options, io), noun, verb, input), giveUp()])
  const candidates = await candidatesFor(commands, rest, ask).catch(() => [])
  const current = words.at(-1) ?? ''
  print(
    io,
    candidates.filter(([word]) => word.startsWith(current)).map(([word, summary]) => `${word}\t${summary}`),
  )
  return ExitStatus.done
}

const GIVE_UP_AFTER_MS = 1000

function giveUp(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('too slow')), GIVE_UP_AFTER_MS).unref()
  })
}

const GLOBALS: readonly Candidate[] = [
  ['--json', 'print the very object of the API'],
  ['--socket', 'admin socket of the running server'],
  ['--config', 'configuration file'],
  ['--help', 'all about this command'],
]

function withoutGlobals(words: readonly string[]): { rest: readonly string[]; options: GlobalOptions } {
  const rest: string[] = []
  const options: Record<string, string> = {}
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    const isLast = i === words.length - 1
    if ((word === '--socket' || word === '--config') && !isLast) options[word.slice(2)] = words[++i]!
    else if (word !== '--json' || isLast) rest.push(word)
  }
  return { rest, options }
}

async function candidatesFor(
  commands: readonly Command[],
  words: readonly string[],
  ask: Ask,
): Promise<readonly Candidate[]> {
  const current = words.at(-1) ?? ''
  const [noun = '', verb = '', ...typed] = words.slice(0, -1)
  const ofNoun = commands.filter((command) => command.noun === noun)
  if (noun === '') return current.startsWith('-') ? GLOBALS : nouns(commands)
  if (noun === 'eap' && verb === '') return EAP_VERBS
  if (noun === 'completion' && verb === '') return SHELLS.map((shell) => [shell, ''])
  if (noun === 'test' && verb === '' && !current.startsWith('-')) return await users(current, ask)
  if (verb === '') return ofNoun.map((command) => [command.verb, command.summary])
  const command = ofNoun.find((candidate) => candidate.verb === verb)
  return command === undefined ? [] : await ofCommand(command, typed, current, ask)
}

function nouns(commands: readonly Command[]): readonly Candidate[] {
  const fromTable = [...new Set(commands.map(({ noun }) => noun))].map(
    (noun): Candidate => [noun, summaryOfNoun(noun)],
  )
  return [
    ['serve', 'start the server'],
    ['test', 'send a RADIUS request'],
    ['bench', 'put a load on a RADIUS server'],
    ['eap', 'certificates and device settings for Wi-Fi'],
    ['completion', 'print a completion script'],
    ...fromTable,
  ]
}

async function ofCommand(
  command: Command,
  typed: readonly string[],
  current: string,
  ask: Ask,
): Promise<readonly Candidate[]> {
  const fields = fieldsOf(command)
  const takesValue = (word: string | undefined) =>
    fields.find((field) => field.kind !== 'boolean' && word === `--${field.flag}`)
  const pending = takesValue(typed.at(-1))
  if (pending !== undefined) return await valuesOf(pending, current, ask)
  const own = isTrail(command) ? EXPORT_OPTIONS : []
  if (current.startsWith('-')) return [...optionsOf(command, fields), ...own, ...GLOBALS]
  const arguments_ = typed.filter(
    (word, i) => !word.startsWith('-') && takesValue(typed[i - 1]) === undefined,
  )
  const name = command.positional?.[arguments_.length]
  const field = fields.find((candidate) => candidate.name === name)
  if (field !== undefined) return await valuesOf(field, current, ask)
  return optionsOf(command, fields)
}

function optionsOf({ prompt, confirm }: Command, fields: readonly Field[]): readonly Candidate[] {
  const options = fields.flatMap(({ name, flag, kind, summary }): Candidate[] => {
    if (name === prompt?.field) {
      const stdin: Candidate = [`--${flag}-stdin`, 'read it from standard input']
      return prompt.empty === 'refuse' ? [stdin] : [stdin, [`--no-${flag}`, 'none']]
    }
    const option: Candidate = [`--${flag}`, summary]
    return kind === 'boolean' ? [option, [`--no-${flag}`, `the opposite of --${flag}`]] : [option]
  })
  return confirm === undefined ? options : [...options, ['--yes', 'do not ask first']]
}

async function valuesOf({ name, choices }: Field, current: string, ask: Ask): Promise<readonly Candidate[]> {
  if (choices.length > 0) return choices.map((choice) => [String(choice), ''])
  if (name === 'serial') return await serials(current, ask)
  return name === 'user' ? await users(current, ask) : []
}

const OFFERED = 50
/** Only words that need no quoting in any shell: names come from elsewhere. */
const PLAIN = /^[\p{L}\p{N}_.@+-]+$/u

async function serials(current: string, ask: Ask): Promise<readonly Candidate[]> {
  const { tokens } = (await ask('token', 'list', { ...search(current), limit: OFFERED })) as {
    tokens: readonly { serial: string; user: string | null }[]
  }
  return tokens
    .filter(({ serial }) => PLAIN.test(serial))
    .map(({ serial, user }) => [serial, user !== null && PLAIN.test(user) ? user : ''])
}

async function users(current: string, ask: Ask): Promise<readonly Candidate[]> {
  const { users } = (await ask('user', 'list', { ...search(current), limit: OFFERED })) as {
    users: readonly { user: string }[]
  }
  return users.filter(({ user }) => PLAIN.test(user)).map(({ user }) => [user, ''])
}

function search(current: string): { search?: string } {
  return current === '' ? {} : { search: current }
}
