import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { Code, AttributeType as Type } from '../../src/radius/attributes.ts'
import { disconnectRequest, readDisconnectAnswer } from '../../src/radius/disconnect.ts'
import { parsePacket } from '../../src/radius/packet.ts'
import { encodeSignedRequest } from '../../src/radius/request_authenticator.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'

const SECRET = new SharedSecret('a secret of 16 and more')
const SESSION = {
  nasAddress: '10.0.0.7',
  nasIdentifier: 'gw',
  sessionId: '0x00ff',
  user: 'Zoë',
  framedAddress: '192.168.0.5',
  callingStation: '198.51.100.9',
}

test('RFC 5176 §2.3: names the session as the NAS did, with the time, signed first', () => {
  const octets = disconnectRequest(SESSION, 9, 1_700_000_000, SECRET)
  const { code, identifier, attributes } = parsePacket(octets)
  expect([code, identifier]).toEqual([40, 9])
  expect(
    [...attributes].map(({ type, value }) => [type, Buffer.from(value).toString('hex')]).slice(1),
  ).toEqual([
    [Type.NasIpAddress, '0a000007'],
    [Type.NasIdentifier, Buffer.from('gw').toString('hex')],
    [Type.UserName, Buffer.from('Zoë').toString('hex')],
    [Type.AcctSessionId, '00ff'],
    [Type.FramedIpAddress, 'c0a80005'],
    [Type.CallingStationId, Buffer.from('198.51.100.9').toString('hex')],
    [Type.EventTimestamp, (1_700_000_000).toString(16)],
  ])
  expect([...attributes][0]!.type).toBe(Type.MessageAuthenticator)
  const zeroed = Buffer.from(octets).fill(0, 4, 20)
  expect(octets.subarray(4, 20)).toEqual(createHash('md5').update(zeroed).update(SECRET.reveal()).digest())
})

test('what the NAS did not say is not in it, and IPv6 is', () => {
  const bare = {
    ...SESSION,
    nasAddress: '2001:db8:0:0:0:0:0:7',
    nasIdentifier: null,
    user: null,
    framedAddress: null,
    callingStation: null,
  }
  const { attributes } = parsePacket(disconnectRequest(bare, 9, 1, SECRET))
  expect([...attributes].map(({ type }) => type)).toEqual([
    80,
    Type.NasIpv6Address,
    Type.AcctSessionId,
    Type.EventTimestamp,
  ])
  expect(Buffer.from(attributes.first(Type.NasIpv6Address)!).toString('hex')).toBe(
    '20010db8000000000000000000000007',
  )
})

test.each([
  { code: Code.DisconnectAck, cause: null, expected: { kind: 'acknowledged' } },
  { code: Code.DisconnectNak, cause: null, expected: { kind: 'refused', why: null } },
  { code: Code.DisconnectNak, cause: 503, expected: { kind: 'refused', why: 'session-context-not-found' } },
  { code: Code.DisconnectNak, cause: 999, expected: { kind: 'refused', why: 'error-cause-999' } },
  { code: 44, cause: null, expected: null },
])('code $code with Error-Cause $cause', ({ code, cause, expected }) => {
  const value = Buffer.alloc(4)
  value.writeUInt32BE(cause ?? 0)
  const attributes = cause === null ? [] : [{ type: Type.ErrorCause, value }]
  const answer = parsePacket(encodeSignedRequest(code as Code, 1, attributes, SECRET))
  expect(readDisconnectAnswer(answer.code, answer.attributes)).toEqual(expected)
})
