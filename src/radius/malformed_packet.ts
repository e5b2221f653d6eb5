/** Thrown for octets that the RFCs say to discard silently. The reason is stable: it is counted and logged by. */
export class MalformedPacket extends Error {
  readonly reason: MalformedReason

  constructor(reason: MalformedReason) {
    // A stack would cost more than the parsing, and noise comes in floods: the reason says where it was thrown.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(`malformed packet: ${reason}`)
    Error.stackTraceLimit = stackTraceLimit
    this.name = 'MalformedPacket'
    this.reason = reason
  }
}

export type MalformedReason =
  | 'too-short' // the datagram cannot hold a header
  | 'length-too-small' // RFC 2865 §3: Length < 20
  | 'length-too-large' // RFC 2865 §3: Length > 4096
  | 'length-lies' // RFC 2865 §3: Length > the datagram
  | 'attribute-too-short' // RFC 2865 §5: an attribute's Length < 2
  | 'attribute-overruns' // RFC 2865 §5: an attribute does not end within the packet
  | 'two-message-authenticators' // RFC 3579 §3.2 and §3.3: 0-1
  | 'message-authenticator-length' // RFC 3579 §3.2: Length 18
  | 'no-room-for-reply' // RFC 2865 §5.33: its Proxy-States leave no room to answer in 4096 octets
