/** How user names are compared. Imports nothing, since the thread that writes the database needs it, and little else. */

/** User names compare without regard to case; Unicode has several spellings of one letter, so they are composed first. */
export function foldCase(text: string): string {
  return isPlain(text) ? text : text.normalize('NFC').toLowerCase()
}

const LONGEST_PLAIN = 32

/** Small letters, digits and what stands between them: most names, which stay as they are. */
function isPlain(text: string): boolean {
  const { length } = text
  if (length > LONGEST_PLAIN) return false
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7e || (code >= 0x41 && code <= 0x5a)) return false
  }
  return true
}
