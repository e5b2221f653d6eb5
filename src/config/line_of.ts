/** On which line of a TOML text a value stands, for messages: the parser does not tell. */
import { parse } from 'smol-toml'

/** What no value begins with; letters, so that it may stand wherever one does. */
const MARK = 'qqzzqq'
/** Lines tried; each takes as long as reading the file again. */
const MOST = 500

/**
 * The line of the value at `path` that has `needle` in it: of all lines with that word the one that changes the value when
 * something is put before the word. Null if there is none. Only for a configuration that is refused: it is slow.
 */
export function lineOf(text: string, path: readonly PropertyKey[], needle: string): number | null {
  if (needle === '') return null
  const lines = text.split('\n')
  const before = at(text, path)
  const candidates = lines.flatMap((line, index) => (line.includes(needle) ? [index] : []))
  for (const index of candidates.slice(0, MOST)) {
    const line = lines[index]!
    for (let place = line.indexOf(needle); place >= 0; place = line.indexOf(needle, place + 1)) {
      const changed = lines.with(index, line.slice(0, place) + MARK + line.slice(place)).join('\n')
      const after = at(changed, path)
      if (after !== undefined && after !== before) return index + 1
    }
  }
  return null
}

/** Undefined where there is none, or no reading the text. */
function at(text: string, path: readonly PropertyKey[]): string | undefined {
  try {
    const value = path.reduce<unknown>(
      (table, step) => (table as Record<PropertyKey, unknown> | undefined)?.[step],
      parse(text),
    )
    return value === undefined ? undefined : JSON.stringify(value)
  } catch {
    return undefined
  }
}
