/** On which line of a TOML text a value stands, for messages: the parser does not tell. */
import { parse } from 'smol-toml'

/** What no value begins with; letters, so that it may stand wherever one does. */
const MARK = 'qqzzqq'
/** How often the text may still be read again: a running server waits meanwhile. */
export interface Budget {
  readings: number
}

/**
 * The line of the value at `path` that has `needle` in it: of all lines with that word the one where something that is put
 * before the word changes the value, or takes its key away. Null if there is none, or the budget is spent.
 */
export function lineOf(
  text: string,
  path: readonly PropertyKey[],
  needle: string,
  budget: Budget,
): number | null {
  if (needle === '') return null
  const lines = text.split('\n')
  const before = at(text, path)
  for (const [index, line] of lines.entries()) {
    for (let place = line.indexOf(needle); place >= 0; place = line.indexOf(needle, place + 1)) {
      if (--budget.readings < 0) return null
      const changed = lines.with(index, line.slice(0, place) + MARK + line.slice(place)).join('\n')
      const after = at(changed, path)
      if (after !== UNREADABLE && after !== before) return index + 1
    }
  }
  return null
}

const UNREADABLE = ''

function at(text: string, path: readonly PropertyKey[]): string {
  try {
    const value = path.reduce<unknown>(
      (table, step) => (table as Record<PropertyKey, unknown> | undefined)?.[step],
      parse(text),
    )
    return value === undefined ? 'none' : JSON.stringify(value)
  } catch {
    return UNREADABLE
  }
}
