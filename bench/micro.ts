/**
 * What single steps cost, in this process: decode, verify, un-hide and answer a request, ours and by the npm package
 * `radius`; and an HOTP that is in none of a window of 10. A program of its own: prints an object.
 */
import process from 'node:process'
// @ts-expect-error: it has no types.
import radius from 'radius'
import { readAccessRequest } from '../src/radius/access.ts'
import { admit } from '../src/radius/admission.ts'
import { Code } from '../src/radius/attributes.ts'
import { encodeResponse, parsePacket } from '../src/radius/packet.ts'
import { SharedSecret } from '../src/radius/shared_secret.ts'
import { findOtp, formatOtp, otpGenerator } from '../src/tokens/otp_generator.ts'

export interface Micro {
  readonly codecUs: number
  readonly npmRadiusUs: number
  readonly windowMissUs: number
}

const SECRET = 'bench-secret-of-22-chars'
const RULE = { requireMessageAuthenticator: true, latched: false, limitProxyState: true }
const ROUNDS = 5
const ROUND_MS = 300

const request: Buffer = radius.encode({
  code: 'Access-Request',
  identifier: 1,
  secret: SECRET,
  attributes: [
    ['User-Name', 'u000001'],
    ['User-Password', '1234755224'],
    ['NAS-IP-Address', '127.0.0.1'],
  ],
  add_message_authenticator: true,
})

const secret = new SharedSecret(SECRET)

function ours(): Buffer {
  const packet = parsePacket(request)
  const admission = admit(packet, secret, RULE)
  const access = readAccessRequest(packet, secret, { messageAuthenticatorVerified: true })
  if (admission.kind !== 'go-on' || access.kind !== 'login')
    throw new Error('our codec does not take the request')
  return encodeResponse(packet, Code.AccessAccept, [], secret)
}

/** The package verifies Message-Authenticator when it decodes, and signs the reply only when told. */
function npmRadius(): Buffer {
  const packet = radius.decode({ packet: request, secret: SECRET })
  if (packet.attributes['User-Password'] !== '1234755224')
    throw new Error('npm radius does not take the request')
  return radius.encode_response({
    packet,
    code: 'Access-Accept',
    secret: SECRET,
    attributes: [],
    add_message_authenticator: true,
  })
}

const WINDOW = 10
const generate = otpGenerator('sha1', Buffer.from('12345678901234567890'))
const missed = otpOutside(1000)

/** An OTP that no counter of the window has. */
function otpOutside(from: number): string {
  const inside = new Set(Array.from({ length: WINDOW }, (_, i) => formatOtp(generate, 6, from + i)))
  for (let m = from + WINDOW; ; m++)
    if (!inside.has(formatOtp(generate, 6, m))) return formatOtp(generate, 6, m)
}

function windowMiss(): void {
  const found = findOtp(generate, 6, missed, { from: 1000, to: 1000 + WINDOW - 1 })
  if (found !== null) throw new Error('the OTP is in the window')
}

/** µs of one call: the fastest of some rounds after as many to warm up, for what disturbs only ever adds. */
function costUs(work: () => unknown): number {
  const rounds = Array.from({ length: 2 * ROUNDS }, () => {
    const startedAt = performance.now()
    let calls = 0
    while (performance.now() - startedAt < ROUND_MS) {
      for (let i = 0; i < 100; i++) work()
      calls += 100
    }
    return ((performance.now() - startedAt) * 1000) / calls
  })
  return Math.min(...rounds.slice(ROUNDS))
}

const micro: Micro = {
  codecUs: costUs(ours),
  npmRadiusUs: costUs(npmRadius),
  windowMissUs: costUs(windowMiss),
}
process.stdout.write(JSON.stringify(micro))
