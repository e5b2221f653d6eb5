/** Wireshark as an independent decoder of what we send: no packet of ours is malformed, and each authenticator is true. */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { AttributeType, Code } from '../../src/radius/attributes.ts'
import { hotp, secretOf } from '../e2e/otp.ts'
import type { RadiusClient, Request } from '../e2e/radius_client.ts'
import { CLIENT_SECRET, TestServer } from '../e2e/server.ts'
import { pcapOf } from './pcap.ts'
import { describeWith, runTool } from './tools.ts'

const TOKEN = { secretHex: secretOf('tshark') }
let server: TestServer
let nas: RadiusClient
let directory: string

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-tshark-'))
  server = await TestServer.start()
  nas = await server.client()
  await server.command('token', 'enroll', {
    type: 'hotp',
    serial: 'T1',
    user: 'tessa',
    pin: '1234',
    ...TOKEN,
  })
})
afterAll(async () => {
  await server?.close()
  rmSync(directory, { recursive: true, force: true })
})

const FIELDS = {
  code: 'radius.code',
  identifier: 'radius.id',
  password: 'radius.User_Password',
  proxyState: 'radius.Proxy_State',
  /** Of replies whose request it knows: '1' or '0'. */
  isAuthentic: 'radius.authenticator.valid',
  malformed: '_ws.malformed',
  complaint: '_ws.expert.message',
}
type Row = Partial<Record<keyof typeof FIELDS, string>>

/** One row of FIELDS for each packet. */
async function dissect(packets: readonly Buffer[]): Promise<Row[]> {
  const file = join(directory, 'packets.pcap')
  writeFileSync(file, pcapOf(packets))
  const preferences = [`radius.shared_secret:${CLIENT_SECRET}`, 'radius.validate_authenticator:TRUE']
  const args = [
    ...['-r', file, '-T', 'json'],
    ...preferences.flatMap((preference) => ['-o', preference]),
    ...Object.values(FIELDS).flatMap((field) => ['-e', field]),
  ]
  const { status, output } = await runTool('tshark', args, '', { env: { ...process.env, HOME: directory } })
  expect(status).toBe(0)
  // Around it stands what it says of being run by root.
  const json = JSON.parse(output.slice(output.indexOf('[\n'), output.lastIndexOf(']') + 1))
  return json.map(({ _source }: { _source: { layers?: Record<string, string[]> } }) =>
    Object.fromEntries(
      Object.entries(FIELDS).flatMap(([name, field]) => {
        const values = _source.layers?.[field]
        return values === undefined ? [] : [[name, values.join(' ').replaceAll(':', '')]]
      }),
    ),
  )
}

describeWith(['tshark'], 'tshark', () => {
  const state = { type: AttributeType.ProxyState, value: Buffer.from('abc') }
  const exchanged = async (request: Request) => [request.octets, (await nas.exchange(request.octets))!]

  test('reads our requests and replies, and finds nothing wrong with them', async () => {
    const password = `1234${hotp(TOKEN, 0)}`
    const rows = await dissect([
      ...(await exchanged(nas.accessRequest('tessa', password, [state]))),
      ...(await exchanged(nas.accessRequest('tessa', password, [state]))),
      ...(await exchanged(nas.request(Code.StatusServer, randomBytes(16), []))),
    ])
    const proxyState = '616263'
    expect(rows).toEqual([
      { code: '1', identifier: '0', password, proxyState },
      { code: '2', identifier: '0', proxyState, isAuthentic: '1' },
      { code: '1', identifier: '1', password, proxyState },
      { code: '3', identifier: '1', proxyState, isAuthentic: '1' },
      // It does not take an Access-Accept for the answer to a Status-Server.
      { code: '12', identifier: '2' },
      { code: '2', identifier: '2' },
    ])
  })

  test('would see a reply with a wrong Response Authenticator', async () => {
    const [request, reply] = await exchanged(nas.accessRequest('tessa', '0'))
    reply![4]! ^= 1
    const [, row] = await dissect([request!, reply!])
    expect(row).toMatchObject({ code: '3', isAuthentic: '0' })
  })
})
