/** The `reply` and `vlan` of clients and groups, read with all dictionaries: a bad line stops the (re)load, by its place. */
import { builtinDictionary } from '../radius/builtin_dictionary.ts'
import type { Dictionary } from '../radius/dictionary.ts'
import { DictionaryError } from '../radius/dictionary_text.ts'
import { combine, type ReplyRules, readReply, sizeProblem } from '../radius/reply_rules.ts'
import { addDictionary } from './dictionaries.ts'
import { type Budget, lineOf } from './line_of.ts'
import { named } from './problems.ts'
import type { GroupSettings, Settings } from './schema.ts'

export interface ReadReplies {
  /** In the order of the clients. */
  readonly clients: readonly ReplyRules[]
  readonly groups: ReadonlyMap<string, ReplyRules>
  readonly dictionary: Dictionary
  readonly problems: readonly string[]
}

/** Of a file of a thousand lines, half a second. */
const READINGS = 300

export interface ReplySource {
  readonly settings: Settings['radius']
  /** The directory that relative paths count from. */
  readonly base: string
  /** The configuration as it was read, and the file's text that it came from. */
  readonly root: unknown
  readonly text: string | null
  /** The file or the variable that a key came from. */
  readonly sourceOf: (path: readonly PropertyKey[]) => string
}

export function readReplies(from: ReplySource): ReadReplies {
  const source = { ...from, budget: { readings: READINGS } }
  const { settings, base } = source
  const problems: string[] = []
  const dictionary = builtinDictionary()
  for (const [index, file] of settings.dictionaries.entries()) {
    try {
      addDictionary(dictionary, file, base)
    } catch (error) {
      if (!(error instanceof DictionaryError)) throw error
      problems.push(place(source, ['radius', 'dictionaries', index], error.message, file))
    }
  }
  const blocks = (kind: 'clients' | 'groups') =>
    settings[kind].map((block, index) => {
      const path = ['radius', kind, index]
      const rules = readBlock(block, dictionary, path, source, problems)
      const problem = sizeProblem(combine([rules]))
      if (problem !== null) problems.push(place(source, [...path, 'reply'], problem, 'reply'))
      return rules
    })
  const clients = blocks('clients')
  const groups = new Map(blocks('groups').map((rules, index) => [settings.groups[index]!.name, rules]))
  // Which groups a user is in is known only when he logs in; what no user could be told is known here.
  for (const [index, rules] of [...groups.values()].entries()) {
    for (const [client, own] of clients.entries()) {
      const problem = sizeProblem(combine([own, rules]))
      if (problem === null || sizeProblem(combine([rules])) !== null) continue
      const together = `together with radius.clients[${client}] ("${settings.clients[client]!.name}") ${problem}`
      problems.push(place(source, ['radius', 'groups', index, 'reply'], together, 'reply'))
      break
    }
  }
  return { clients, groups, dictionary, problems }
}

interface Budgeted extends ReplySource {
  readonly budget: Budget
}

function readBlock(
  { reply, vlan, vlan_tag }: Omit<GroupSettings, 'name'>,
  dictionary: Dictionary,
  path: readonly PropertyKey[],
  source: Budgeted,
  problems: string[],
): ReplyRules {
  const lines = vlan === undefined ? [] : [`VLAN:${vlan_tag ?? 0} = ${JSON.stringify(String(vlan))}`]
  const read = readReply([...lines, ...reply], dictionary)
  for (const { index, name, text } of read.problems) {
    const key = index < lines.length ? ['vlan'] : ['reply', index - lines.length]
    problems.push(place(source, [...path, ...key], text, index < lines.length ? 'vlan' : name))
  }
  return read.rules
}

/** `needle`: a word of the value, by which its line is found in the file. */
function place(
  { root, text, sourceOf, budget }: Budgeted,
  path: readonly PropertyKey[],
  problem: string,
  needle = '',
): string {
  const line = text === null ? null : lineOf(text, path, needle, budget)
  return `${sourceOf(path)}:${line === null ? '' : ` line ${line}:`} ${named(path, root)}: ${problem}`
}
