/** What text every database can keep: PostgreSQL has no NUL, and half of a surrogate pair is no UTF-8. */

export function storableText(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed()
}

export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/** Asked for a text that no database holds, PostgreSQL would fail; what was stored in its place is found. */
export function storableTexts<Q extends object>(query: Q): Q {
  const storable = ([name, value]: [string, unknown]) => [
    name,
    typeof value === 'string' ? storableText(value) : value,
  ]
  return Object.fromEntries(Object.entries(query).map(storable)) as Q
}
