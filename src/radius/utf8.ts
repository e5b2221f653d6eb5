/** Strict UTF-8 (RFC 3629): octets that are not valid make no text at all, rather than one with U+FFFD in it. */
export function decodeUtf8(octets: Uint8Array): string | null {
  try {
    return decoder.decode(octets)
  } catch {
    return null
  }
}

// `ignoreBOM` keeps a BOM: it is part of what the user typed.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
