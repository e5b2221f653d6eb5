import { describe, expect, test } from '@jest/globals'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { ClientTraffic } from '../../src/server/client_traffic.ts'
import type { Client } from '../../src/server/clients.ts'
import { Replies } from '../../src/server/replies.ts'
import { SourceLimit } from '../../src/server/source_limit.ts'

const NOW = Date.UTC(2026, 10, 24)
const LIMIT = { burst: 100, perSecond: 10 }

const client = (network: string): Client => ({
  name: 'vpn',
  actor: 'client:vpn',
  network,
  secret: new SharedSecret('a secret of 16 and more'),
  requireMessageAuthenticator: true,
  challenge: null,
  otpOnly: false,
  traffic: new ClientTraffic(),
  limitProxyState: true,
  mschap: false,
  reply: Replies.none().ofClient([]),
  eap: true,
})
const VPN = client('10.0.0.7')
const GATEWAY = { address: '10.0.0.7', port: 1812 }
const from = (address: string, port: number) => ({ address, port })

/** Faulty datagrams, each from another port, until the bucket is empty and beyond. */
function flood(sources: SourceLimit, address: string, of = VPN, now = NOW): void {
  for (let port = 20_000; port < 20_200; port++) {
    if (!sources.holdsBack(of, from(address, port), now, LIMIT))
      sources.fault(of, from(address, port), now, LIMIT)
  }
}

describe('the limit of a source', () => {
  test('is reached by faulty datagrams: then they are dropped, and as many as the rate says are looked at', () => {
    const sources = new SourceLimit()
    let looked = 0
    for (let ms = 0; ms < 10_000; ms++) {
      const flow = from('10.0.0.7', 1024 + ms)
      if (sources.holdsBack(VPN, flow, NOW + ms, LIMIT)) continue
      looked++
      sources.fault(VPN, flow, NOW + ms, LIMIT)
    }
    expect(looked).toBeGreaterThanOrEqual(199)
    expect(looked).toBeLessThanOrEqual(200)
  })

  test('is never reached by proper requests, however many', () => {
    const sources = new SourceLimit()
    for (let i = 0; i < 100_000; i++) {
      expect(sources.holdsBack(VPN, GATEWAY, NOW + i / 1000, LIMIT)).toBe(false)
      sources.prove(GATEWAY, NOW + i / 1000)
    }
  })

  test('whoever forges the address of a gateway does not silence it: its port is proven', () => {
    const sources = new SourceLimit()
    sources.prove(GATEWAY, NOW)
    flood(sources, '10.0.0.7')
    expect(sources.holdsBack(VPN, from('10.0.0.7', 9), NOW, LIMIT)).toBe(true)
    expect(sources.holdsBack(VPN, GATEWAY, NOW, LIMIT)).toBe(false)
  })

  test('nor if he forges its port too, for faults of a proven port take no tokens', () => {
    const sources = new SourceLimit()
    sources.prove(GATEWAY, NOW)
    for (let i = 0; i < 10_000; i++) sources.fault(VPN, GATEWAY, NOW, LIMIT)
    expect(sources.holdsBack(VPN, GATEWAY, NOW, LIMIT)).toBe(false)
    expect(sources.holdsBack(VPN, from('10.0.0.7', 9), NOW, LIMIT)).toBe(false)
  })

  test('a client that takes a new port for each request gets in when a token has come back', () => {
    const sources = new SourceLimit()
    flood(sources, '10.0.0.7')
    expect(sources.holdsBack(VPN, from('10.0.0.7', 9), NOW, LIMIT)).toBe(true)
    expect(sources.holdsBack(VPN, from('10.0.0.7', 9), NOW + 100, LIMIT)).toBe(false)
  })

  test('a port is proven for an hour after its last proper request', () => {
    const sources = new SourceLimit()
    sources.prove(GATEWAY, NOW)
    const heldBackAfter = (minutes: number) => {
      const then = NOW + 60_000 * minutes
      flood(sources, '10.0.0.7', VPN, then)
      return sources.holdsBack(VPN, GATEWAY, then, LIMIT)
    }
    expect([60, 61].map(heldBackAfter)).toEqual([false, true])
  })

  test('of all ports of an address, those that are proven are exactly those that were', () => {
    const sources = new SourceLimit()
    for (let port = 1; port < 65_536; port += 2) sources.prove(from('10.0.0.7', port), NOW)
    flood(sources, '10.0.0.7')
    for (let port = 20_000; port < 21_000; port++) {
      expect([port, sources.holdsBack(VPN, from('10.0.0.7', port), NOW, LIMIT)]).toEqual([
        port,
        port % 2 === 0,
      ])
    }
  })

  const rows = [
    {
      name: 'another address of an IPv4 network',
      network: '10.0.0.0/8',
      flooded: '10.1.1.1',
      other: '10.1.1.2',
    },
    {
      name: 'another /64 of an IPv6 network',
      network: '2001:db8::/32',
      flooded: '2001:db8:0:1::5',
      other: '2001:db8:0:2::5',
    },
    { name: 'a /64 with zeros', network: '2001:db8::/32', flooded: '2001:db8::5', other: '2001:db8:0:1::5' },
  ]
  test.each(rows)('is of one source: $name is not held back', ({ network, flooded, other }) => {
    const sources = new SourceLimit()
    flood(sources, flooded, client(network))
    expect(
      [flooded, other].map((address) => sources.holdsBack(client(network), from(address, 9), NOW, LIMIT)),
    ).toEqual([true, false])
  })

  const same = [
    ['2001:db8:0:1::5', '2001:db8:0:1:2:3:4:5'],
    ['2001:db8::5', '2001:db8::1:2:3:4'],
    ['2001:db8::1:0:0:5', '2001:db8:0:0:1::'],
    ['2001:db8:1::', '2001:db8:1::f:0:0:1'],
    ['fe80::1%eth0', 'fe80::2%eth0'],
  ]
  test.each(same)(
    'in an IPv6 network, %s and %s are one source: whoever has a /64 has all its addresses',
    (one, two) => {
      const sources = new SourceLimit()
      const network = client('::/0')
      flood(sources, one, network)
      expect(sources.holdsBack(network, from(two, 9), NOW, LIMIT)).toBe(true)
    },
  )

  test('but two clients in one /64, each by its address, are two sources', () => {
    const sources = new SourceLimit()
    flood(sources, '2001:db8::1', client('2001:db8::1'))
    expect(sources.holdsBack(client('2001:db8::2'), from('2001:db8::2', 9), NOW, LIMIT)).toBe(false)
  })
})
