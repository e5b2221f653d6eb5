import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readConfig } from '../../src/config/config.ts'
import { type ResolvedClient, resolveSecrets } from '../../src/config/secrets.ts'
import { ipv4Value, type Network, parseAddress, parseNetwork } from '../../src/network.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { Secret } from '../../src/secret.ts'
import { ClientTraffic } from '../../src/server/client_traffic.ts'
import { buildClientTable, clientLinesFor } from '../../src/server/clients.ts'

function client(name: string, ...addresses: string[]): ResolvedClient {
  return {
    name,
    networks: addresses.map((address) => parseNetwork(address) as Network),
    secret: new Secret(`secret of ${name}`),
    requireMessageAuthenticator: true,
    challenge: null,
    otpOnly: false,
    limitProxyState: true,
    mschap: false,
    reply: [],
    eap: true,
  }
}

describe('find', () => {
  const table = buildClientTable([
    client('lan', '10.0.0.0/8', '2001:db8::/32'),
    client('office', '10.1.0.0/16', '2001:db8:1::/48'),
    client('vpn', '10.1.2.3', '2001:db8:1::7', 'fe80::1'),
    client('odd', '192.0.2.64/27'),
  ])

  const rows: { name: string; given: string; expect: [name: string, network: string] | null }[] = [
    { name: 'a network', given: '10.200.0.1', expect: ['lan', '10.0.0.0/8'] },
    { name: 'a network in a network', given: '10.1.2.4', expect: ['office', '10.1.0.0/16'] },
    { name: 'an address in both', given: '10.1.2.3', expect: ['vpn', '10.1.2.3'] },
    { name: 'the first address of a network', given: '10.0.0.0', expect: ['lan', '10.0.0.0/8'] },
    { name: 'the last address of a network', given: '10.255.255.255', expect: ['lan', '10.0.0.0/8'] },
    { name: 'the address after it', given: '11.0.0.0', expect: null },
    { name: 'a prefix within an octet, inside', given: '192.0.2.95', expect: ['odd', '192.0.2.64/27'] },
    { name: 'a prefix within an octet, outside', given: '192.0.2.96', expect: null },
    { name: 'IPv6 by the longest prefix', given: '2001:db8:1::7', expect: ['vpn', '2001:db8:1::7'] },
    {
      name: 'IPv6 in another spelling',
      given: '2001:0DB8:0001:0:0:0:0:0007',
      expect: ['vpn', '2001:db8:1::7'],
    },
    { name: 'IPv6 in the middle', given: '2001:db8:1::8', expect: ['office', '2001:db8:1::/48'] },
    { name: 'IPv6 by the shortest prefix', given: '2001:db8:2::', expect: ['lan', '2001:db8::/32'] },
    { name: 'IPv4 on a socket for IPv6', given: '::ffff:10.1.2.3', expect: ['vpn', '10.1.2.3'] },
    { name: 'the same in hexadecimal', given: '::ffff:a01:203', expect: ['vpn', '10.1.2.3'] },
    { name: 'a link-local address with its zone', given: 'fe80::1%eth0', expect: ['vpn', 'fe80::1'] },
    { name: 'an IPv6 address whose number is that of an IPv4 one', given: '::a01:203', expect: null },
    { name: 'no address', given: 'vpn', expect: null },
    { name: 'nothing', given: '', expect: null },
  ]
  test.each(rows)('$name: $given', ({ given, expect: expected }) => {
    const found = [table.find(given), table.find(given)].map((each) => each && [each.name, each.network])
    expect(found).toEqual([expected, expected])
  })

  test('gives everything that the listener needs, and the secret ready for use', () => {
    expect(table.find('10.1.2.3')).toEqual({
      name: 'vpn',
      actor: 'client:vpn',
      network: '10.1.2.3',
      secret: expect.any(SharedSecret),
      traffic: new ClientTraffic(),
      requireMessageAuthenticator: true,
      challenge: null,
      otpOnly: false,
      limitProxyState: true,
      mschap: false,
      reply: { attributesOf: expect.any(Function) },
      eap: true,
    })
    expect(Buffer.from(table.find('10.1.2.3')!.secret.reveal()).toString()).toBe('secret of vpn')
  })

  test('0.0.0.0/0 and ::/0 admit every source of their family, and no other', () => {
    const four = buildClientTable([client('all', '0.0.0.0/0')])
    const six = buildClientTable([client('all', '::/0')])
    const found = [
      four.find('203.0.113.9'),
      four.find('2001:db8::1'),
      six.find('203.0.113.9'),
      six.find('2001:db8::1'),
    ]
    expect(found.map((each) => each !== null)).toEqual([true, false, false, true])
  })

  test('no client admits nobody', () => {
    expect(buildClientTable([]).find('127.0.0.1')).toBeNull()
  })

  test('goes on finding past the bound of what it remembers', () => {
    const wide = buildClientTable([client('lan', '10.0.0.0/8'), client('vpn', '10.0.0.1')])
    for (let i = 0; i < 20_000; i++) {
      expect(wide.find(`10.9.${i >> 8}.${i & 255}`)?.name).toBe('lan')
    }
    expect(wide.find('10.0.0.1')?.name).toBe('vpn')
  })

  test('agrees with a plain search of all networks', () => {
    const octet = fc.integer({ min: 0, max: 3 })
    const address = fc.tuple(octet, octet, octet, octet).map((octets) => octets.map((o) => o * 85).join('.'))
    const networks = fc.uniqueArray(fc.tuple(address, fc.integer({ min: 0, max: 32 })), { maxLength: 12 })
    const asNumber = (text: string) => text.split('.').reduce((value, o) => value * 256 + Number(o), 0)
    const masked = (text: string, prefix: number) => Math.floor(asNumber(text) / 2 ** (32 - prefix))
    const written = (text: string, prefix: number) => {
      const base = masked(text, prefix) * 2 ** (32 - prefix)
      return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join('.')}/${prefix}`
    }
    fc.assert(
      fc.property(networks, address, (given, source) => {
        const table = buildClientTable(
          given.map(([base, prefix]) => client(written(base, prefix), written(base, prefix))),
        )
        const best = given
          .filter(([base, prefix]) => masked(base, prefix) === masked(source, prefix))
          .map(([base, prefix]) => ({ prefix, name: written(base, prefix) }))
          .sort((a, b) => b.prefix - a.prefix)[0]
        expect(table.find(source)?.name).toBe(best?.name)
      }),
    )
  })
})

describe('clientLinesFor', () => {
  const rows = [
    { given: '10.0.0.7', expect: '10.0.0.7' },
    { given: '::ffff:10.0.0.7', expect: '10.0.0.7' },
    { given: '2001:DB8::7', expect: '2001:db8::7' },
    { given: 'fe80::1%eth0', expect: 'fe80::1' },
  ]
  test.each(rows)('names $given as $expect', ({ given, expect: expected }) => {
    expect(clientLinesFor(given)).toEqual([
      '[[radius.clients]]',
      `name = "client-${expected}"`,
      `address = "${expected}"`,
      'secret = ""   # the one set on that device, 16 characters or more',
    ])
  })

  test('its lines admit the source once the secret is filled in, and are refused before', () => {
    const lines = clientLinesFor('fe80::7%eth0')
      .slice(1)
      .map((line) => line.replace(/ *#.*/, ''))
    const clients = (secret: string) => `[{${lines.join(', ').replace('""', JSON.stringify(secret))}}]`
    const read = (secret: string) =>
      readConfig({ file: null, env: { SALLYPORT_RADIUS__CLIENTS: clients(secret) }, cwd: '/' })
    expect(() => read('')).toThrow('radius.clients[0].secret of "client-fe80::7" is empty')
    const table = buildClientTable(resolveSecrets(read('0123456789abcdef')).clients)
    expect(table.find('fe80::7%eth0')?.name).toBe('client-fe80::7')
  })
})

describe('an IPv4 address as a number', () => {
  const nearly = fc.string({ unit: fc.constantFrom(...'0123456789.% '), maxLength: 16 })

  test('is the same by the quick way and the thorough one', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(BigInt(ipv4Value(text))).toBe(parseAddress(text)!.value)
      }),
    )
  })

  test.each(['0.0.0.0', '255.255.255.255', '1.2.3.4', '10.0.0.0'])('%s is one', (text) => {
    expect(BigInt(ipv4Value(text))).toBe(parseAddress(text)!.value)
  })

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.',
    '.1.2.3.4',
    '1..2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.00',
    '1.2.3.4%a',
    '::',
  ])('%j is none', (text) => expect(ipv4Value(text)).toBe(-1))

  test('what is no address by the thorough way is none by the quick one', () => {
    fc.assert(
      fc.property(nearly, (text) => {
        if (parseAddress(text) === null) expect(ipv4Value(text)).toBe(-1)
      }),
    )
  })
})
