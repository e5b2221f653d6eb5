/** What a TLS tunnel is to EAP: octets in and out. How it is made is the server's business (server/eap/eap_tunnel.ts). */

/** The server's end. All that it says comes as an answer to what it is given. */
export interface Tunnel {
  /** Gives it what the peer sent; resolves when it has done all that follows from it. */
  receive(records: Uint8Array): Promise<TunnelState>
  /** Records that carry `octets` to the peer. */
  send(octets: Uint8Array): Promise<Uint8Array>
  /** RFC 5705; null context: none, which is not the same as an empty one. */
  exportKey(octets: number, label: string, context: Uint8Array | null): Uint8Array
  /** Whose session it goes on with, if the handshake did; then nobody is asked for anything. */
  readonly resumed: RememberedSession | null
  readonly isTls13: boolean
  /** From now on the session that was begun here may be resumed: whoever it is has proved it. */
  remember(session: RememberedSession): void
  close(): void
}

export interface TunnelState {
  /** To be sent to the peer. */
  readonly records: Uint8Array
  /** What the peer said inside of it. */
  readonly octets: Uint8Array
  readonly phase: 'handshake' | 'established' | 'failed'
}

/** Of whom a session is, and by which tokens he got in. */
export interface RememberedSession {
  readonly user: string
  readonly serials: readonly string[]
}
