/**
 * Which session a peer wants to resume, read from its ClientHello before TLS sees it (RFC 8446 §4.1.2, §4.2.11; RFC 5077 §3.2;
 * RFC 5246 §7.4.1.2), since TLS itself cannot wait for a database. Decides nothing: that the peer has its keys is for TLS to check.
 */

export interface OfferedSession {
  /** The first 16 octets of its ticket: the name of the key that the ticket is sealed by. */
  readonly ticketKeyName: Uint8Array | null
  /** 1 to 32 octets. TLS 1.3 peers send one that means nothing. */
  readonly sessionId: Uint8Array | null
  /** It will take a ticket: it speaks TLS 1.3, or has the extension of TLS 1.2. Else it resumes by identifier. */
  readonly takesTickets: boolean
}

export const TICKET_KEY_NAME_OCTETS = 16
const HANDSHAKE_RECORD = 22
const CLIENT_HELLO = 1
const SESSION_TICKET = 35
const PRE_SHARED_KEY = 41
const SUPPORTED_VERSIONS = 43
const TLS_1_3 = 0x0304
const NOTHING: OfferedSession = { ticketKeyName: null, sessionId: null, takesTickets: false }

/** Nothing offered, where it is no ClientHello or a broken one: TLS will say so. */
export function readOfferedSession(records: Uint8Array): OfferedSession {
  try {
    return read(new Reader(handshakeIn(records)))
  } catch (error) {
    if (error instanceof RangeError) return NOTHING
    throw error
  }
}

/** A ClientHello may be cut over several records (RFC 8446 §5.1). */
function handshakeIn(records: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = []
  const reader = new Reader(records)
  while (!reader.isAtEnd && reader.octet() === HANDSHAKE_RECORD) {
    reader.skip(2)
    parts.push(reader.vector(2))
  }
  return Buffer.concat(parts)
}

function read(hello: Reader): OfferedSession {
  if (hello.octet() !== CLIENT_HELLO) return NOTHING
  // Length, version, random.
  hello.skip(3 + 2 + 32)
  const id = hello.vector(1)
  hello.vector(2)
  hello.vector(1)
  const sessionId = id.length === 0 ? null : id
  if (hello.isAtEnd) return { ...NOTHING, sessionId }
  let ticket: Uint8Array | null = null
  let takesTickets = false
  for (const extensions = new Reader(hello.vector(2)); !extensions.isAtEnd; ) {
    const type = extensions.number(2)
    const body = extensions.vector(2)
    if (type === SESSION_TICKET) {
      takesTickets = true
      if (body.length > 0) ticket ??= body
    }
    if (type === SUPPORTED_VERSIONS && hasTls13(new Reader(body))) takesTickets = true
    // The first identity of the list: nobody offers two of ours.
    if (type === PRE_SHARED_KEY) ticket = new Reader(new Reader(body).vector(2)).vector(2)
  }
  const isOne = ticket !== null && ticket.length >= TICKET_KEY_NAME_OCTETS
  return { ticketKeyName: isOne ? ticket!.slice(0, TICKET_KEY_NAME_OCTETS) : null, sessionId, takesTickets }
}

/** RFC 8446 §4.2.1. */
function hasTls13(body: Reader): boolean {
  for (const versions = new Reader(body.vector(1)); !versions.isAtEnd; )
    if (versions.number(2) === TLS_1_3) return true
  return false
}

/** Throws RangeError past the end. */
class Reader {
  readonly #octets: Uint8Array
  #at = 0

  constructor(octets: Uint8Array) {
    this.#octets = octets
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#octets.length
  }

  octet(): number {
    return this.number(1)
  }

  number(octets: number): number {
    return this.#take(octets).reduce((value, octet) => value * 256 + octet, 0)
  }

  /** Of a length that stands before it in so many octets. */
  vector(lengthOctets: number): Uint8Array {
    return this.#take(this.number(lengthOctets))
  }

  skip(octets: number): void {
    this.#take(octets)
  }

  #take(octets: number): Uint8Array {
    const end = this.#at + octets
    if (end > this.#octets.length) throw new RangeError('past the end')
    const taken = this.#octets.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}
