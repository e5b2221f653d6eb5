/**
 * What an operator writes of a reply, `Filter-Id = staff` a line, and the attributes that come of it. One syntax for a
 * client, a group and a user; what stands nearer to the user replaces what stands further away, attribute by attribute.
 */
import { type Attribute, attributesLength } from './attribute.ts'
import { type AttributeDefinition, type Dictionary, keyOf } from './dictionary.ts'
import { BadValue, encodeValue } from './reply_value.ts'
import { isSingle, whyNotSettable } from './settable.ts'
import { vendorSpecific } from './vendor_attribute.ts'

/** Of one attribute, what a client, a group or a user says. */
export interface ReplyRule {
  readonly key: string
  readonly name: string
  /** `+=`: beside what was said before, in place of it otherwise. */
  readonly adds: boolean
  readonly attributes: readonly Attribute[]
}

/** One for each attribute, in the order of the lines. */
export type ReplyRules = readonly ReplyRule[]

export interface ReplyProblem {
  /** Of the line, from 0. */
  readonly index: number
  /** The name that it begins with; what stands there if it begins with none. */
  readonly name: string
  readonly text: string
}

/** Of 4096 octets: the rest is for header, signature, the Proxy-States of the request and the keys of MS-CHAP. */
export const MAX_REPLY_OCTETS = 3072
export const NO_ATTRIBUTES: readonly Attribute[] = []

/** The rules of these lines, and what is wrong with each line that is none. */
export function readReply(
  lines: readonly string[],
  dictionary: Dictionary,
): { rules: ReplyRules; problems: readonly ReplyProblem[] } {
  const problems: ReplyProblem[] = []
  const rules = new Map<string, Draft>()
  for (const [index, line] of lines.entries()) {
    try {
      for (const { definition, adds, attribute } of readLine(line, dictionary)) {
        const key = keyOf(definition)
        const rule = rules.get(key) ?? { key, name: definition.name, adds: true, attributes: [] }
        if (rule.attributes.length > 0 && isSingle(definition)) {
          throw new BadLine(`${definition.name} stands here twice; a reply has one at most`)
        }
        rules.set(key, { ...rule, adds: rule.adds && adds, attributes: [...rule.attributes, attribute] })
      }
    } catch (error) {
      if (!(error instanceof BadLine)) throw error
      problems.push({ index, name: nameIn(line), text: error.message })
    }
  }
  return { rules: [...rules.values()], problems }
}

/** The attributes of a reply: of each rule, what the last of `levels` says that has one. */
export function combine(levels: readonly ReplyRules[]): readonly Attribute[] {
  const combined = new Map<string, readonly Attribute[]>()
  for (const { key, adds, attributes } of levels.flat()) {
    combined.set(key, adds ? [...(combined.get(key) ?? []), ...attributes] : attributes)
  }
  return combined.size === 0 ? NO_ATTRIBUTES : [...combined.values()].flat()
}

/** In words, or null: they fit with whatever else a reply must hold. */
export function sizeProblem(attributes: readonly Attribute[]): string | null {
  const octets = attributesLength(attributes)
  if (octets <= MAX_REPLY_OCTETS) return null
  return `the attributes take ${octets} octets; allowed: at most ${MAX_REPLY_OCTETS}, since a packet has 4096`
}

type Draft = { -readonly [K in keyof ReplyRule]: ReplyRule[K] }

class BadLine extends Error {}

interface Assignment {
  readonly definition: AttributeDefinition
  readonly adds: boolean
  readonly attribute: Attribute
}

const MAX_LINE = 1024
const LINE = /^([A-Za-z0-9][\w./-]*)(?::(\d{1,2}))?\s*(\+=|:=|=)\s*(.*)$/s

function nameIn(line: string): string {
  return /^[\w./-]*/.exec(line.trim())![0].slice(0, 64)
}

function readLine(line: string, dictionary: Dictionary): readonly Assignment[] {
  if (line.length > MAX_LINE)
    throw new BadLine(`it has ${line.length} characters; allowed: at most ${MAX_LINE}`)
  const [, name, tag = '0', operator, rest] = LINE.exec(line.trim()) ?? []
  if (name === undefined || rest === undefined || rest.startsWith('=')) {
    throw new BadLine('it is not of the form Attribute-Name = value; += adds to what stands before')
  }
  const value = unquoted(rest)
  const adds = operator === '+='
  if (name.toLowerCase() === 'vlan') return vlan(value, Number(tag), adds, dictionary)
  return [assign(name, value, Number(tag), adds, dictionary)]
}

/** RFC 3580 §3.31: the three that name a VLAN to a switch; tagged alike, so that they belong together. */
function vlan(value: string, tag: number, adds: boolean, dictionary: Dictionary): readonly Assignment[] {
  if (adds) throw new BadLine('a session has one VLAN; write VLAN = and not +=')
  const isNumber = /^\d+$/.test(value)
  if (isNumber ? !(Number(value) >= 1 && Number(value) <= 4094) : !/^[^\p{Cc}\p{Zs}]{1,32}$/u.test(value)) {
    throw new BadLine(
      `VLAN ${quote(value)}: allowed: a number from 1 to 4094, or a name of 1 to 32 characters without spaces`,
    )
  }
  return [
    ['Tunnel-Type', '13'],
    ['Tunnel-Medium-Type', '6'],
    ['Tunnel-Private-Group-Id', value],
  ].map(([name, text]) => assign(name!, text!, tag, false, dictionary))
}

function assign(name: string, value: string, tag: number, adds: boolean, dictionary: Dictionary): Assignment {
  const definition = dictionary.attribute(name)
  if (definition === undefined) throw new BadLine(unknownAttribute(name, dictionary))
  const refusal = whyNotSettable(definition)
  if (refusal !== null) throw new BadLine(`${definition.name} ${refusal}`)
  if (adds && isSingle(definition))
    throw new BadLine(`a reply has one ${definition.name} at most; write = and not +=`)
  try {
    const octets = encodeValue(definition, value, tag, dictionary)
    const { vendor, number } = definition
    const attribute =
      vendor === null ? { type: number, value: octets } : vendorSpecific(vendor, number, octets)
    return { definition, adds, attribute }
  } catch (error) {
    if (!(error instanceof BadValue)) throw error
    throw new BadLine(`${definition.name} ${quote(value)} ${error.message}`)
  }
}

function unknownAttribute(name: string, dictionary: Dictionary): string {
  const meant = dictionary.closest(name)
  const next =
    meant === null
      ? 'load a dictionary that has it (radius.dictionaries), or correct the name'
      : `did you mean ${meant}?`
  return `there is no attribute ${quote(name)}; ${next}`
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/** In "quotes" or 'quotes', where a value begins or ends with what would be cut off; else all that is there. */
function unquoted(text: string): string {
  const [mark] = text
  if (mark === "'" || mark === '"') {
    const inner = text.slice(1, -1)
    const isWhole = text.length > 1 && text.endsWith(mark) && !hasBare(inner, mark)
    if (!isWhole) throw new BadLine(`what follows ${mark} is not closed by a last ${mark}`)
    return mark === "'"
      ? inner
      : inner.replace(/\\(.)/gs, (_, escaped: string) => ESCAPES[escaped] ?? escaped)
  }
  if (text.endsWith(',')) {
    throw new BadLine(
      'it ends with a comma; each attribute is a line of its own: remove it, or put the value in quotes',
    )
  }
  if (/\p{Cc}/u.test(text)) throw new BadLine('it has a control character')
  return text
}

/** A closing mark before the end: one that no backslash stands before. */
function hasBare(inner: string, mark: string): boolean {
  if (mark === "'") return inner.includes(mark)
  return /^(?:[^"\\]|\\.)*$/s.test(inner) === false
}

function quote(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 79)}…` : text
  return JSON.stringify(short).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd')
}
