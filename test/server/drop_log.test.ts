import { describe, expect, test } from '@jest/globals'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { ClientTraffic } from '../../src/server/client_traffic.ts'
import type { Client } from '../../src/server/clients.ts'
import { DropLog } from '../../src/server/drop_log.ts'
import { createLogger } from '../../src/server/log.ts'
import { Replies } from '../../src/server/replies.ts'
import { NOW } from '../auth/make_token.ts'

const CLIENT: Client = {
  name: 'vpn',
  actor: 'client:vpn',
  network: '192.0.2.0/24',
  secret: new SharedSecret('must not be printed'),
  requireMessageAuthenticator: true,
  challenge: null,
  otpOnly: false,
  traffic: new ClientTraffic(),
  limitProxyState: true,
  mschap: false,
  reply: Replies.none().ofClient([]),
  eap: true,
}

function open() {
  let text = ''
  const log = createLogger({
    level: 'debug',
    format: 'text',
    now: () => NOW,
    write: (octets, done) => {
      text += Buffer.from(octets).toString()
      done()
    },
  })
  const lines = async () => {
    await log.flush()
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replace(/^\S+ (\w+) +/, '$1 '))
  }
  return { drops: new DropLog(log), lines }
}

describe('a dropped datagram', () => {
  const rows = [
    { given: 'too-short', expect: undefined },
    { given: 'wrong-message-authenticator', expect: /shared secret is probably not the same/ },
    {
      given: 'no-message-authenticator',
      expect: /CVE-2024-3596.*require_message_authenticator = \\?"auto\\?"/,
    },
    { given: 'proxy-state-without-message-authenticator', expect: /limit_proxy_state = false/ },
  ]
  test.each(rows)(
    '$given: is counted, and logged with what to do about it',
    async ({ given, expect: remedy }) => {
      const { drops, lines } = open()
      drops.dropped(given, CLIENT, '192.0.2.1', NOW)
      const [line, ...more] = await lines()
      expect(line).toMatch(new RegExp(`^warn datagram dropped reason=${given} client=vpn address=192.0.2.1`))
      if (remedy === undefined) expect(line).not.toContain('remedy')
      else expect(line).toMatch(remedy)
      expect([more, [...drops.counts]]).toEqual([[], [[given, 1]]])
    },
  )

  test('is logged at most once a second for each source and reason; the next line tells how many there were', async () => {
    const { drops, lines } = open()
    for (let ms = 0; ms <= 1000; ms += 10) drops.dropped('too-short', CLIENT, '192.0.2.1', NOW + ms)
    drops.dropped('too-short', CLIENT, '192.0.2.2', NOW + 1000)
    drops.dropped('length-lies', CLIENT, '192.0.2.1', NOW + 1000)
    expect(await lines()).toEqual([
      'warn datagram dropped reason=too-short client=vpn address=192.0.2.1',
      'warn datagram dropped reason=too-short client=vpn address=192.0.2.1 alsoDropped=99',
      'warn datagram dropped reason=too-short client=vpn address=192.0.2.2',
      'warn datagram dropped reason=length-lies client=vpn address=192.0.2.1',
    ])
    expect(Object.fromEntries(drops.counts)).toEqual({ 'too-short': 102, 'length-lies': 1 })
  })
})

describe('an unknown client', () => {
  test('is told with the lines that would admit it, once a minute', async () => {
    const { drops, lines } = open()
    for (let second = 0; second <= 60; second++) drops.unknownClient('2001:db8::7', NOW + 1000 * second)
    const admitted = [
      'warn   [[radius.clients]]',
      'warn   name = "client-2001:db8::7"',
      'warn   address = "2001:db8::7"',
      'warn   secret = ""   # the one set on that device, 16 characters or more',
    ].map((line) => line.replace('warn   ', 'warn '))
    const said = (await lines()).map((line) => line.replace(/^warn +/, 'warn '))
    const first =
      'warn datagram from an unknown client dropped; these lines of the configuration would admit it: address=2001:db8::7'
    expect(said).toEqual([first, ...admitted, `${first} alsoDropped=59`, ...admitted])
    expect(drops.counts.get('unknown-client')).toBe(61)
  })

  test('under a flood of forged sources the log stays bounded, and every datagram is counted', async () => {
    const { drops, lines } = open()
    for (let i = 0; i < 20_000; i++)
      drops.unknownClient(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, NOW + i / 1000)
    expect((await lines()).length).toBeLessThan(6000)
    expect(drops.counts.get('unknown-client')).toBe(20_000)
  })
})

describe('what could not be decided', () => {
  test('is an error of ours: once a second for each reason, from whichever client', async () => {
    const { drops, lines } = open()
    const other = { ...CLIENT, name: 'wlan' }
    drops.unanswered('not-decided', CLIENT, new Error('the disk is full'), NOW)
    drops.unanswered('not-decided', other, new Error('the disk is full'), NOW + 500)
    drops.unanswered('overloaded', other, new Error('too many'), NOW + 500)
    drops.unanswered('not-decided', other, 'gone', NOW + 1000)
    expect(await lines()).toEqual([
      'error no answer given: the client will try again or fail over reason=not-decided client=vpn error="the disk is full"',
      'error no answer given: the client will try again or fail over reason=overloaded client=wlan error="too many"',
      'error no answer given: the client will try again or fail over reason=not-decided client=wlan error=gone alsoDropped=1',
    ])
    expect(Object.fromEntries(drops.counts)).toEqual({ 'not-decided': 3, overloaded: 1 })
  })

  test('no line holds the client’s secret', async () => {
    const { drops, lines } = open()
    drops.dropped('wrong-message-authenticator', CLIENT, '192.0.2.1', NOW)
    drops.unanswered('x', CLIENT, new Error('y'), NOW)
    expect((await lines()).join()).not.toContain('must not be printed')
  })
})
