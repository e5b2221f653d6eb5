/** What text every database can keep: PostgreSQL has no NUL, and half of a surrogate pair is no UTF-8. */

export function storableText(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed()
}

export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}
