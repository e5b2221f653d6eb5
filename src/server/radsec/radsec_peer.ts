/** What a TLS handshake has settled with a peer: the version of RADIUS, and by what it proved itself. Knows no client. */
import type { TLSSocket } from 'node:tls'
import { RADIUS_1_0, RADIUS_1_1, type Version } from '../../radius/version.ts'

/** RFC 9765 §3.3; where there is none in common, TLS sends the alert. */
export function chooseVersion(versions: () => readonly Version[]) {
  return function (this: TLSSocket, { protocols }: { readonly protocols: string[] }): string | undefined {
    const offered = versions().filter((version) => protocols.includes(version))
    // RFC 9765 §3.4: RADIUS/1.1 is for TLS 1.3 and later.
    return offered.findLast((version) => version === RADIUS_1_0 || this.getProtocol() === 'TLSv1.3')
  }
}

export function versionOf({ alpnProtocol }: TLSSocket): Version {
  return alpnProtocol === RADIUS_1_1 ? RADIUS_1_1 : RADIUS_1_0
}

/**
 * Whether the handshake was done by a shared key, which proves that the peer has it. In TLS 1.3 OpenSSL calls that a resumed
 * session; there are no others, since we give out no tickets and keep no sessions.
 */
export function isByKey(socket: TLSSocket): boolean {
  return socket.getProtocol() === 'TLSv1.3'
    ? socket.isSessionReused()
    : socket.getCipher().name.includes('-PSK-')
}

export function isValidNow({
  validFromDate,
  validToDate,
}: {
  validFromDate: Date
  validToDate: Date
}): boolean {
  const now = Date.now()
  return validFromDate.getTime() <= now && now <= validToDate.getTime()
}
