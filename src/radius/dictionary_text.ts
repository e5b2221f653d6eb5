/**
 * Reads dictionaries in the format of FreeRADIUS (up to its version 3): ATTRIBUTE, VALUE, VENDOR, BEGIN-VENDOR, $INCLUDE.
 * What it defines and we cannot send is taken up all the same, with the reason, so that a dictionary of thousands can be
 * loaded for the two attributes that are wanted of it. Opens no file: whoever calls brings the text.
 */
import { type AttributeDefinition, DATA_TYPES, type Dictionary, type VendorDefinition } from './dictionary.ts'

export interface DictionarySource {
  readonly file: string
  readonly text: string
}

/** A file, or a line of it, that cannot be read. */
export class DictionaryError extends Error {
  constructor(file: string, line: number | null, problem: string) {
    super(`${file}:${line === null ? '' : ` line ${line}:`} ${problem}`)
    this.name = 'DictionaryError'
  }
}

/** What `$INCLUDE name` in the file `from` means; null: `$INCLUDE-`, and there is none. Throws Error that says why. */
export type Include = (name: string, from: string, isOptional: boolean) => DictionarySource | null

/** Adds what `source` and the files that it includes define. Throws DictionaryError. */
export function readDictionary(dictionary: Dictionary, source: DictionarySource, include: Include): void {
  const reader = new Reader(dictionary, include)
  reader.read(source, 0)
  reader.finish()
}

/** FreeRADIUS's own dictionary is three deep. */
const MAX_DEPTH = 8
/** More, and a name or number has slipped: no line of a dictionary is that long. */
const MAX_WORDS = 16

/** No number of its own. */
const NESTED = 0x100

/** A VALUE may stand before its ATTRIBUTE. */
interface PendingValue {
  readonly at: Place
  readonly attribute: string
  readonly name: string
  readonly value: number
}

interface Place {
  readonly file: string
  readonly line: number
}

/** What a line stands in: nothing of it reaches into another file. */
interface Block {
  readonly vendor: VendorDefinition | null
  /** As `AttributeDefinition.unwritable`. */
  readonly unwritable: string | null
  readonly end: string
}

class Reader {
  readonly #dictionary: Dictionary
  readonly #include: Include
  readonly #values: PendingValue[] = []
  #at: Place = { file: '', line: 0 }
  #blocks: Block[] = []
  #depth = 0

  constructor(dictionary: Dictionary, include: Include) {
    this.#dictionary = dictionary
    this.#include = include
  }

  read({ file, text }: DictionarySource, depth: number): void {
    const outer = { at: this.#at, blocks: this.#blocks, depth: this.#depth }
    this.#blocks = []
    this.#depth = depth
    const lines = text.split('\n')
    for (const [index, line] of lines.entries()) {
      this.#at = { file, line: index + 1 }
      const comment = line.indexOf('#')
      const words = (comment < 0 ? line : line.slice(0, comment)).trim().split(/\s+/)
      if (words.length > MAX_WORDS) this.#fail('it has too many words')
      if (words[0] !== '') this.#line(words)
    }
    const open = this.#blocks.at(-1)
    if (open !== undefined) this.#fail(`the file ends without ${open.end}`)
    this.#at = outer.at
    this.#blocks = outer.blocks
    this.#depth = outer.depth
  }

  /** Throws DictionaryError for a value of an attribute that there is not. */
  finish(): void {
    for (const { at, attribute, name, value } of this.#values) {
      this.#at = at
      const definition = this.#dictionary.attribute(attribute)
      if (definition === undefined) this.#fail(`there is no attribute ${quote(attribute)}`)
      this.#dictionary.defineValue(definition, name, value)
    }
  }

  #line([keyword = '', ...words]: readonly string[]): void {
    switch (keyword.toUpperCase()) {
      case 'ATTRIBUTE':
        this.#attribute(words)
        break
      case 'VALUE':
        this.#value(words)
        break
      case 'VENDOR':
        this.#vendor(words)
        break
      case 'BEGIN-VENDOR':
        this.#beginVendor(words)
        break
      case 'BEGIN-TLV': {
        const [name = ''] = words
        const unwritable = `stands inside ${name}, which is not supported`
        this.#blocks.push({ vendor: this.#block?.vendor ?? null, unwritable, end: `END-TLV ${name}` })
        break
      }
      case 'END-VENDOR':
      case 'END-TLV':
        this.#end(`${keyword.toUpperCase()} ${words[0] ?? ''}`)
        break
      case '$INCLUDE':
      case '$INCLUDE-':
        this.#includeFile(words, keyword.endsWith('-'))
        break
      default:
        this.#fail(
          `${quote(keyword)} is not known; known are ATTRIBUTE, VALUE, VENDOR, BEGIN-VENDOR, END-VENDOR and $INCLUDE, as in FreeRADIUS up to version 3`,
        )
    }
  }

  get #block(): Block | undefined {
    return this.#blocks.at(-1)
  }

  #attribute([name = '', number = '', type = '', ...flags]: readonly string[]): void {
    if (type === '') this.#fail('allowed: ATTRIBUTE NAME NUMBER TYPE')
    if (!/^[A-Za-z0-9][\w./-]{0,127}$/.test(name)) this.#fail(`${quote(name)} is no name of an attribute`)
    const isNested = /^\d+(\.\d+)+$/.test(number)
    const [, base = '', length] = /^([\w-]+)(?:\[(\d{1,3})\])?$/.exec(type.toLowerCase()) ?? []
    const known = Object.hasOwn(DATA_TYPES, base) ? DATA_TYPES[base as keyof typeof DATA_TYPES] : undefined
    const words = flags.flatMap((flag) => flag.split(',')).filter((flag) => flag !== '')
    // The way before BEGIN-VENDOR: ATTRIBUTE name number type VENDOR.
    const vendor = words.map((word) => this.#dictionary.vendor(word)).find((found) => found !== undefined)
    const owner = vendor ?? this.#block?.vendor ?? null
    const definition = {
      name,
      vendor: owner?.number ?? null,
      number: isNested ? NESTED : this.#number(number),
      type: known ?? 'octets',
      octets: length === undefined ? null : Number(length),
      hasTag: words.includes('has_tag'),
    }
    const unwritable =
      this.#block?.unwritable ??
      owner?.unwritable ??
      (isNested ? 'stands inside another attribute, which is not supported' : null) ??
      (known === undefined ? `is of the type ${type}, which is not supported` : null) ??
      flagProblem(words.filter((word) => this.#dictionary.vendor(word) === undefined)) ??
      (definition.number > 0xff ? "is of FreeRADIUS's inside, and never sent" : null)
    this.#dictionary.defineAttribute({ ...definition, unwritable } satisfies AttributeDefinition)
  }

  #value([attribute = '', name = '', value = '']: readonly string[]): void {
    if (value === '') this.#fail('allowed: VALUE ATTRIBUTE NAME NUMBER')
    const number = this.#number(value, 2 ** 64)
    // A few are flags of 64 bits: they may be given by number.
    if (number > Number.MAX_SAFE_INTEGER) return
    this.#values.push({ at: this.#at, attribute, name, value: number })
  }

  #vendor([name = '', number = '', format]: readonly string[]): void {
    if (number === '') this.#fail('allowed: VENDOR NAME NUMBER')
    const [, layout] = /^format=(\d,\d(?:,c)?)$/.exec(format ?? 'format=1,1') ?? []
    if (layout === undefined) this.#fail(`${quote(format!)} is no format; allowed: format=TYPE,LENGTH`)
    const unwritable =
      layout === '1,1' ? null : `has the format ${layout} of its vendor ${name}; only 1,1 is supported`
    this.#dictionary.defineVendor({ name, number: this.#number(number), unwritable })
  }

  #beginVendor([name = '', ...more]: readonly string[]): void {
    const vendor = this.#dictionary.vendor(name)
    if (vendor === undefined)
      this.#fail(`there is no vendor ${quote(name)}; write VENDOR ${name} NUMBER before it`)
    const unwritable =
      more.length === 0 ? null : `is an extended attribute (RFC 6929), which is not supported`
    this.#blocks.push({ vendor, unwritable, end: `END-VENDOR ${name}` })
  }

  #end(found: string): void {
    const expected = this.#blocks.pop()?.end
    if (expected?.toLowerCase() === found.toLowerCase()) return
    this.#fail(expected === undefined ? `${found} ends nothing` : `${found} stands where ${expected} should`)
  }

  #includeFile([name = '']: readonly string[], isOptional: boolean): void {
    const { file } = this.#at
    if (name === '') this.#fail('allowed: $INCLUDE FILE')
    if (this.#depth === MAX_DEPTH)
      this.#fail(`it would be the ${MAX_DEPTH + 1}th file that includes the next`)
    let source: DictionarySource | null
    try {
      source = this.#include(name, file, isOptional)
    } catch (error) {
      this.#fail(`$INCLUDE ${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
    if (source !== null) this.read(source, this.#depth + 1)
  }

  #number(text: string, most = 0xff_ff_ff_ff): number {
    const number = /^(\d{1,20}|0x[0-9a-f]{1,16})$/i.test(text) ? Number(text) : Number.NaN
    if (!(number <= most)) this.#fail(`${quote(text)} is no number from 0 to ${most}`)
    return number
  }

  #fail(problem: string): never {
    throw new DictionaryError(this.#at.file, this.#at.line, problem)
  }
}

/** Of what stands behind the type. */
function flagProblem(flags: readonly string[]): string | null {
  for (const flag of flags) {
    if (flag.startsWith('encrypt=')) return 'is sent encrypted, which is not supported'
    if (flag === 'virtual' || flag === 'internal') return "is of FreeRADIUS's inside, and never sent"
    if (flag !== 'has_tag' && flag !== 'array') return `has the flag ${flag}, which is not supported`
  }
  return null
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 64)).replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd')
}
