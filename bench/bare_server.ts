/**
 * What Node's dgram and our RADIUS codec take by themselves: every request is parsed, verified, un-hidden and answered by a
 * signed Access-Accept, and nobody is looked up. A program of its own; the only argument is the shared secret's file.
 */
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { readAccessRequest } from '../src/radius/access.ts'
import { admit } from '../src/radius/admission.ts'
import { Code } from '../src/radius/attributes.ts'
import { MalformedPacket } from '../src/radius/malformed_packet.ts'
import { encodeResponse, parsePacket } from '../src/radius/packet.ts'
import { SharedSecret } from '../src/radius/shared_secret.ts'

const secret = new SharedSecret(readFileSync(process.argv[2]!, 'utf8').trim())
const RULE = { requireMessageAuthenticator: true, latched: false, limitProxyState: true }

const socket = createSocket({
  type: 'udp4',
  recvBufferSize: 4 * 1024 * 1024,
  // As src/server/udp_listener.ts: sources are addresses.
  lookup: (address, _options, done) => done(null, address, 4),
})

socket.on('message', (datagram, { address, port }) => {
  const reply = answer(datagram)
  if (reply !== null) socket.send(reply, port, address)
})
socket.on('error', () => {})
socket.bind(0, '127.0.0.1', () => process.stdout.write(`listening 127.0.0.1:${socket.address().port}\n`))
process.on('SIGTERM', () => process.exit(0))

function answer(datagram: Buffer): Buffer | null {
  try {
    const request = parsePacket(datagram)
    if (admit(request, secret, RULE).kind === 'discard') return null
    const { kind } = readAccessRequest(request, secret, { messageAuthenticatorVerified: true })
    return encodeResponse(request, kind === 'login' ? Code.AccessAccept : Code.AccessReject, [], secret)
  } catch (error) {
    if (error instanceof MalformedPacket) return null
    throw error
  }
}
