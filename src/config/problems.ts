/** Says what is wrong with a configuration, for whoever must mend it now. Never shows a value that may be a secret. */

import type { z } from 'zod'
import { editDistance } from '../edit_distance.ts'
import { selfServiceKeys, socketKeys } from './console.ts'
import { clientKeys, groupKeys, sections, tlsKeys } from './schema.ts'

/** The configuration cannot be used. `message` has one line for each problem, `hint` names the next step. */
export class ConfigError extends Error {
  readonly code = 'config'
  readonly hint: string

  constructor(problems: readonly string[], hint: string) {
    super([...new Set(problems)].join('\n'))
    this.name = 'ConfigError'
    this.hint = hint
  }
}

/** A key in dotted form, such as `radius.clients[0].address`. */
export function dotted(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '')
}

/** What one zod issue means: sentences without their source. `root` is what was validated. */
export function describeIssue(issue: z.core.$ZodIssue, root: unknown): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key))
  const found = valueAt(root, issue.path)
  const subject = named(issue.path, root)
  const { isPredicate, default: byDefault } = (issue.code === 'custom' ? issue.params : undefined) ?? {}
  if (isPredicate === true) return [`${subject} ${issue.message}`]
  if (found !== undefined) return [`${subject} is ${show(found, issue.path)}; ${issue.message}`]
  return [
    `${subject} is ${byDefault === undefined ? 'missing' : `${byDefault} by default`}; ${issue.message}`,
  ]
}

/** The candidate that was most likely meant: at most two slips of the finger away. */
export function closest(word: string, candidates: readonly string[]): string | null {
  const plain = (text: string) => text.toLowerCase().replaceAll('-', '_')
  const [best] = candidates
    .map((candidate) => ({ candidate, slips: editDistance(plain(word), plain(candidate)) }))
    .filter(({ candidate, slips }) => slips <= 2 && slips < candidate.length / 2)
    .sort((a, b) => a.slips - b.slips)
  return best?.candidate ?? null
}

/** Why the system refused a file, in words. */
export function describeFileError(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? String(error)
  return FILE_ERRORS[code] ?? code
}

const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'part of its path is not a directory',
}

function unknownKey(table: readonly PropertyKey[], key: string): string {
  const subject = `${dotted([...table, key])} is not a known key`
  const known = keysOf(table)
  const meant = closest(key, known)
  if (meant !== null) return `${subject}; did you mean ${dotted([...table, meant])}?`
  const [home] = Object.entries(sections).filter(([, { shape }]) => key in shape)
  if (home !== undefined) return `${subject}; it belongs under [${home[0]}]`
  return `${subject}; known here: ${known.join(', ')}`
}

function keysOf(table: readonly PropertyKey[]): readonly string[] {
  if (table.length === 0) return Object.keys(sections)
  if (table[1] === 'sockets') return socketKeys
  if (table[1] === 'self_service') return selfServiceKeys
  if (table.at(-1) === 'tls') return tlsKeys
  if (table.length === 1) return Object.keys(sections[table[0] as keyof typeof sections].shape)
  return table[1] === 'groups' ? groupKeys : clientKeys
}

/** A key in dotted form, with the name of the client or group that it is of. */
export function named(path: readonly PropertyKey[], root: unknown): string {
  return dotted(path) + blockNote(path, root)
}

/** Counting blocks from zero is no way to find one in a long file. */
function blockNote(path: readonly PropertyKey[], root: unknown): string {
  if ((path[1] !== 'clients' && path[1] !== 'groups') || path.length < 3 || path[3] === 'name') return ''
  const name = valueAt(root, [...path.slice(0, 3), 'name'])
  if (typeof name !== 'string' || name === '') return ''
  return path.length === 3 ? ` (${quote(name)})` : ` of ${quote(name)}`
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (value as Record<PropertyKey, unknown> | undefined)?.[step],
    root,
  )
}

function show(value: unknown, path: readonly PropertyKey[]): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (value instanceof Date) return 'a date'
  if (typeof value === 'object') return 'a table'
  if (value === '') return 'empty'
  if (mayBeSecret(path)) return `a ${typeof value === 'string' ? 'text' : typeof value} (not shown)`
  return typeof value === 'string' ? quote(value) : String(value)
}

function mayBeSecret(path: readonly PropertyKey[]): boolean {
  if (path[0] === 'database') return true
  if (path[1] !== 'clients' || path.includes('psk')) return path[1] === 'clients'
  return !path.some((step) => step !== 'secret' && clientKeys.includes(String(step)))
}

function quote(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 79)}…` : text
  return JSON.stringify(short).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}')
}
