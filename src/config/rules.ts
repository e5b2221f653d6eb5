/** The forms that the rules of keys take, each with the words for what is allowed. Knows no key. */
import { z } from 'zod'

export function section<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, { error: 'allowed: a table, written as a [section]' })
}

export function text(allowed: string) {
  const error = `allowed: ${allowed}`
  return z.string({ error }).min(1, { error, abort: true })
}

export function matching(pattern: RegExp, allowed: string) {
  const error = `allowed: ${allowed}`
  return z.string({ error }).regex(pattern, { error })
}

/** Of a text that is a whole number and the letter of its unit, as its rule has found: `15m`, `12h`, `30d`. */
export function durationMs(text: string): number {
  return Number.parseInt(text, 10) * UNIT_MS[text.at(-1) as keyof typeof UNIT_MS]
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 }

export function path(what: string) {
  return matching(/^[^\0]+$/, `the path of ${what}`)
}

export function oneOf<const T extends readonly [string, string, ...string[]]>(words: T) {
  return z.enum(words, { error: `allowed: ${words.map((word) => `"${word}"`).join(', ')}` })
}

export function yesOrNo() {
  return z.boolean({ error: 'allowed: true or false' })
}

export function whole(least: number, most: number, note = '') {
  const error = `allowed: a whole number from ${least} to ${most}${note}`
  return z
    .number({ error })
    .int({ error, abort: true })
    .min(least, { error, abort: true })
    .max(most, { error, abort: true })
}

export function seconds(least: number, most: number, note = '') {
  const error = `allowed: a number of seconds from ${least} to ${most}${note}`
  return z.number({ error }).min(least, { error, abort: true }).max(most, { error, abort: true })
}

export function perSecond(most: number) {
  const error = `allowed: a number a second from 0 to ${most} (0 = no limit)`
  return z.number({ error }).min(0, { error, abort: true }).max(most, { error, abort: true })
}
