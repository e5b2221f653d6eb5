/** Strict UTF-8 (RFC 3629): octets that are not valid make no text at all, rather than one with U+FFFD in it. */
export function decodeUtf8(octets: Uint8Array, start = 0, end = octets.length): string | null {
  const short = shortAscii(octets, start, end)
  if (short !== null) return short
  try {
    return decoder.decode(octets.subarray(start, end))
  } catch {
    return null
  }
}

// `ignoreBOM` keeps a BOM: it is part of what the user typed.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Longer ones would be put together of two, and copied again. */
const SHORT_OCTETS = 12

/** Most names and passwords, for half of what a call of the decoder costs; null for others. */
function shortAscii(octets: Uint8Array, start: number, end: number): string | null {
  if (end - start > SHORT_OCTETS) return null
  let text = ''
  while (start + 4 <= end) {
    const [a, b, c, d] = [octets[start++]!, octets[start++]!, octets[start++]!, octets[start++]!]
    if ((a | b | c | d) > 0x7f) return null
    text += String.fromCharCode(a, b, c, d)
  }
  while (start < end) {
    const octet = octets[start++]!
    if (octet > 0x7f) return null
    text += String.fromCharCode(octet)
  }
  return text
}
