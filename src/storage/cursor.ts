/** The place in a list where its next page begins, as an opaque text. */

import { BadCursor } from './store.ts'
import { isStorable } from './stored_text.ts'

export function writeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

/**
 * What `writeCursor` was given after the name of the list, one value of each kind. Throws BadCursor for anything that
 * this list, in this order, has not made.
 */
export function readCursor(
  cursor: string,
  list: string,
  kinds: readonly ('string' | 'number')[],
): (string | number)[] {
  try {
    const [from, ...values] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    const fits = (kind: string, index: number) => {
      const value = values[index]
      return kind === 'string' ? typeof value === kind && isStorable(value) : Number.isSafeInteger(value)
    }
    if (from === list && values.length === kinds.length && kinds.every(fits)) return values
  } catch {}
  throw new BadCursor('the cursor is not one that this list has given')
}
