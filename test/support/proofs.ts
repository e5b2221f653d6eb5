/** Proofs as a client makes them, read as the server reads them. */
import { chapPassword, readChap } from '../../src/radius/chap.ts'
import { encodeRequest, parsePacket } from '../../src/radius/packet.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import type { ProofCredential } from '../../src/tokens/credential.ts'

export function chapOf(password: string): ProofCredential {
  const challenge = new Uint8Array(16).fill(7)
  const attributes = [
    { type: 3, value: chapPassword(1, password, challenge) },
    { type: 60, value: challenge },
  ]
  const request = encodeRequest(1, 1, new Uint8Array(16), attributes, new SharedSecret('x'))
  return readChap(parsePacket(request))!
}
