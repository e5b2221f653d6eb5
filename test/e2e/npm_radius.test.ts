/** The npm package `radius` as an independent NAS against the real server. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
// @ts-expect-error: it has no types.
import radius from 'radius'
import { hotp, secretOf } from './otp.ts'
import { CLIENT_SECRET, TestServer } from './server.ts'

const TOKEN = { secretHex: secretOf('npm radius') }
let server: TestServer
let socket: Socket

beforeAll(async () => {
  server = await TestServer.start()
  await server.command('token', 'enroll', { type: 'hotp', serial: 'N1', user: 'ned', pin: '1234', ...TOKEN })
  socket = createSocket('udp4')
})
afterAll(async () => {
  socket?.close()
  await server?.close()
})

test.each([
  { name: 'a good login', password: `1234${hotp(TOKEN, 0)}`, code: 'Access-Accept' },
  { name: 'the same OTP again', password: `1234${hotp(TOKEN, 0)}`, code: 'Access-Reject' },
  { name: 'a wrong PIN', password: `4321${hotp(TOKEN, 1)}`, code: 'Access-Reject' },
])('$name is answered $code, with authenticators that it verifies', async ({ password, code }) => {
  const attributes = [
    ['User-Name', 'ned'],
    ['User-Password', password],
    ['NAS-IP-Address', '192.0.2.1'],
    ['Proxy-State', Buffer.from('state of a proxy')],
  ]
  const secret = CLIENT_SECRET
  const request = radius.encode({
    code: 'Access-Request',
    secret,
    attributes,
    add_message_authenticator: true,
  })
  const { host, port } = server.listening[0]!
  socket.send(request, port, host)
  const [response] = await once(socket, 'message')
  expect(radius.verify_response({ request, response, secret })).toBe(true)
  const decoded = radius.decode({ packet: response, secret })
  expect({ code: decoded.code, proxyState: String(decoded.attributes['Proxy-State']) }).toEqual({
    code,
    proxyState: 'state of a proxy',
  })
})
