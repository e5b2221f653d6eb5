/** A part of a path as what it names. A path that somebody typed may be no encoding of anything. */
export function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
