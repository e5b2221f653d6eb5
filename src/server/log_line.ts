/** One event as one line, whatever its values hold: no control character, line separator or bidi override survives. */

/** A list is written with commas, an Error as its message and causes; undefined is left out. */
export type FieldValue = string | number | bigint | boolean | null | undefined | Error | readonly string[]
export type Fields = Readonly<Record<string, FieldValue>>
export type LineFormat = (time: number, level: string, message: string, fields: Fields) => string

export const lineFormats = {
  /** `2026-11-24T01:02:03.456Z info  login rejected reason=wrong-otp user=alice` */
  text(time, level, message, fields) {
    let line = beginningOf(time, level, message)
    for (const key in fields) {
      const value = fields[key]
      if (value !== undefined) line += ` ${key}=${quoteIfNeeded(asText(value))}`
    }
    return line
  },

  /** `{"time":…,"level":"info","message":"login rejected","reason":"wrong-otp","user":"alice"}` */
  json(time, level, message, fields) {
    const line: Record<string, unknown> = { time: timestamp(time), level, message }
    for (const key in fields) {
      const value = fields[key]
      if (value !== undefined) line[key in line ? `${key}_` : key] = asJson(value)
    }
    // Outside of strings JSON has none of these characters, so that the line may be escaped as a whole.
    return escapeUnprintable(JSON.stringify(line))
  },
} satisfies Record<string, LineFormat>

const LONGEST_VALUE = 4096
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/
const NEEDS_NO_QUOTES = /^[^\s"\\=\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u
/** By code: most values are made of these alone, and a loop over a short one takes half as long as a pattern. */
const SIMPLE = Uint8Array.from({ length: 128 }, (_, code) =>
  Number(/[\w.:/@+-]/.test(String.fromCharCode(code))),
)
const SHORT = 40
const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

let lastTime = Number.NaN
let lastTimestamp = ''

function timestamp(time: number): string {
  if (time !== lastTime) {
    lastTime = time
    lastTimestamp = new Date(time).toISOString()
  }
  return lastTimestamp
}

const last = { time: Number.NaN, level: '', message: '', beginning: '' }

/** Under load, a hundred lines begin alike. */
function beginningOf(time: number, level: string, message: string): string {
  if (time !== last.time || level !== last.level || message !== last.message) {
    last.time = time
    last.level = level
    last.message = message
    last.beginning = `${timestamp(time)} ${level.padEnd(5)} ${escapeUnprintable(message)}`
  }
  return last.beginning
}

function quoteIfNeeded(text: string): string {
  if (isSimple(text) || NEEDS_NO_QUOTES.test(text)) return text
  return `"${escapeUnprintable(text.replace(/["\\]/g, '\\$&'))}"`
}

function isSimple(text: string): boolean {
  const { length } = text
  if (length === 0 || length > SHORT) return false
  for (let i = 0; i < length; i++) if (SIMPLE[text.charCodeAt(i)] !== 1) return false
  return true
}

/** C0, DEL, C1, U+2028/9, bidi and other invisible controls, and halves of surrogate pairs, as JSON escapes. */
function escapeUnprintable(text: string): string {
  return PRINTABLE_ASCII.test(text) ? text : text.replace(UNPRINTABLE, escapeCharacter)
}

function escapeCharacter(character: string): string {
  const short = SHORT_ESCAPES[character]
  if (short !== undefined) return short
  let escaped = ''
  for (let i = 0; i < character.length; i++) {
    escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
  }
  return escaped
}

function asText(value: Exclude<FieldValue, undefined>): string {
  if (typeof value === 'string') return shorten(value)
  return shorten(value instanceof Error ? describeError(value) : String(value))
}

function asJson(value: Exclude<FieldValue, undefined>): unknown {
  if (typeof value === 'string') return shorten(value)
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map((entry) => shorten(String(entry)))
  return asText(value)
}

function shorten(text: string): string {
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}

/** node:net reports a refused connection as an AggregateError without a message. */
function describeError(error: Error, depth = 0): string {
  const { code } = error as NodeJS.ErrnoException
  const message = error.message || code || error.name
  const cause = error.cause instanceof Error && depth < 3 ? `: ${describeError(error.cause, depth + 1)}` : ''
  return `${message}${cause}`
}
