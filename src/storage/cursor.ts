/** The place in a list where its next page begins, as an opaque text. */

import { BadCursor } from './store.ts'
import { isStorable } from './stored_text.ts'

export function writeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

type Kind = 'string' | 'number'

/**
 * What `writeCursor` was given after the name of the list, one value of each kind, then any number of `rest`. Throws BadCursor for anything that
 * this list, in this order, has not made.
 */
export function readCursor(
  cursor: string,
  list: string,
  kinds: readonly Kind[],
  rest?: Kind,
): (string | number)[] {
  try {
    const [from, ...values] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    const fits = (value: string | number, index: number) => {
      const kind = kinds[index] ?? rest
      return kind === 'string' ? typeof value === 'string' && isStorable(value) : Number.isSafeInteger(value)
    }
    const isLong = rest === undefined ? values.length === kinds.length : values.length >= kinds.length
    if (from === list && isLong && values.every(fits)) return values
  } catch {}
  throw new BadCursor('the cursor is not one that this list has given')
}
