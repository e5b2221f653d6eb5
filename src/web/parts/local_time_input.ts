/** Times as `<input type="datetime-local">` has them, to the minute and where the browser is, and as commands take them. */

/** `at`: RFC 3339. Empty for what is no time. */
export function toLocalInput(at: string): string {
  const time = new Date(at)
  if (Number.isNaN(time.getTime())) return ''
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** RFC 3339; null for what is no time. */
export function fromLocalInput(text: string): string | null {
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? null : time.toISOString()
}
