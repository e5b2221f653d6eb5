/** Lines of a reply: octets for each data type, what is refused and how it is said, and who has the last word. */
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
// @ts-expect-error: it has no types.
import radius from 'radius'
import type { Attribute } from '../../src/radius/attribute.ts'
import { Code } from '../../src/radius/attributes.ts'
import { builtinDictionary } from '../../src/radius/builtin_dictionary.ts'
import type { Dictionary } from '../../src/radius/dictionary.ts'
import { readDictionary } from '../../src/radius/dictionary_text.ts'
import { encodeResponse, parsePacket } from '../../src/radius/packet.ts'
import { combine, MAX_REPLY_OCTETS, readReply, sizeProblem } from '../../src/radius/reply_rules.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { VENDORS } from '../../src/radius/vendor_dictionary.ts'

const dictionary = builtinDictionary()

function dictionaryWith(text: string): Dictionary {
  const more = builtinDictionary()
  readDictionary(more, { file: 'd', text }, () => null)
  return more
}

/** Of every data type one, as attributes of the RFCs' space. */
const TYPES = dictionaryWith(`
ATTRIBUTE X-Byte 200 byte
ATTRIBUTE X-Short 201 short
ATTRIBUTE X-Integer64 202 integer64
ATTRIBUTE X-Signed 203 signed
ATTRIBUTE X-Date 204 date
ATTRIBUTE X-IPv4-Prefix 205 ipv4prefix
ATTRIBUTE X-Ether 206 ether
ATTRIBUTE X-Combo 207 combo-ip
ATTRIBUTE X-Three 208 octets[3]
`)

function hex(attributes: readonly Attribute[]): string[] {
  return attributes.map(({ type, value }) => `${type} ${Buffer.from(value).toString('hex')}`)
}

function written(lines: readonly string[], names = dictionary): string[] {
  const { rules, problems } = readReply(lines, names)
  expect(problems).toEqual([])
  return hex(combine([rules]))
}

describe('octets', () => {
  const rows: { given: string; expect: string | string[]; clause: string }[] = [
    { clause: 'RFC 2865 §5.11', given: 'Filter-Id = staff', expect: '11 7374616666' },
    {
      clause: 'RFC 2865 §5.18',
      given: 'Reply-Message = "Grüß Gott, "',
      expect: '18 4772c3bcc39f20476f74742c20',
    },
    { clause: 'RFC 2865 §5.25', given: 'Class = 0x00fF10', expect: '25 00ff10' },
    { clause: 'RFC 2865 §5.25', given: 'Class = OU=vpn;', expect: '25 4f553d76706e3b' },
    { clause: 'RFC 2865 §5.27', given: 'Session-Timeout = 28800', expect: '27 00007080' },
    { clause: 'RFC 2865 §5.27', given: 'Session-Timeout = 0x10', expect: '27 00000010' },
    { clause: 'RFC 2865 §5.28', given: 'Idle-Timeout=4294967295', expect: '28 ffffffff' },
    { clause: 'RFC 2865 §5.6', given: 'Service-Type = Administrative-User', expect: '6 00000006' },
    { clause: 'RFC 2865 §5.6', given: 'service-type := administrative-user', expect: '6 00000006' },
    { clause: 'RFC 2865 §5.8', given: 'Framed-IP-Address = 192.0.2.9', expect: '8 c0000209' },
    { clause: 'RFC 2865 §5.12', given: 'Framed-MTU = 1400', expect: '12 00000578' },
    { clause: 'RFC 2865 §5.14', given: 'Login-IP-Host = 192.0.2.1', expect: '14 c0000201' },
    {
      clause: 'RFC 2865 §5.22',
      given: 'Framed-Route = 10.0.0.0/8 0.0.0.0 1',
      expect: '22 31302e302e302e302f3820302e302e302e302031',
    },
    { clause: 'RFC 3162 §2.2', given: 'Framed-Interface-Id = 0:0:0:1', expect: '96 0000000000000001' },
    {
      clause: 'RFC 3162 §2.3',
      given: 'Framed-IPv6-Prefix = 2001:db8::/64',
      expect: '97 004020010db800000000',
    },
    {
      clause: 'RFC 3162 §2.3',
      given: 'Framed-IPv6-Prefix = 2001:db8:8000::/33',
      expect: '97 002120010db880',
    },
    { clause: 'RFC 4818 §3', given: 'Delegated-IPv6-Prefix = ::/0', expect: '123 0000' },
    {
      clause: 'RFC 6911 §3.1',
      given: 'Framed-IPv6-Address = 2001:db8::7',
      expect: '168 20010db8000000000000000000000007',
    },
    { clause: 'RFC 2868 §3.1', given: 'Tunnel-Type = VLAN', expect: '64 0000000d' },
    { clause: 'RFC 2868 §3.1', given: 'Tunnel-Type:3 = VLAN', expect: '64 0300000d' },
    { clause: 'RFC 2868 §3.6', given: 'Tunnel-Private-Group-Id = 30', expect: '81 3330' },
    { clause: 'RFC 2868 §3.6', given: 'Tunnel-Private-Group-Id:31 = 30', expect: '81 1f3330' },
    { clause: 'RFC 3580 §3.31', given: 'VLAN = 30', expect: ['64 0000000d', '65 00000006', '81 3330'] },
    {
      clause: 'RFC 3580 §3.31',
      given: 'vlan:1 = guests',
      expect: ['64 0100000d', '65 01000006', '81 01677565737473'],
    },
    { clause: 'RFC 2865 §5.26', given: 'ASA-Group-Policy = staff', expect: '26 00000c041907' + '7374616666' },
    {
      clause: 'RFC 2865 §5.26',
      given: 'Cisco-AVPair = shell:priv-lvl=15',
      expect: `26 000000090113${Buffer.from('shell:priv-lvl=15').toString('hex')}`,
    },
    { clause: 'RFC 2865 §5.26', given: "Fortinet-Group-Name='a b'", expect: '26 000030440105612062' },
    { clause: 'RFC 2865 §5.26', given: 'PaloAlto-User-Group = x', expect: '26 00006375050378' },
    { clause: 'RFC 2865 §5.26', given: 'Aruba-User-Vlan = 20', expect: '26 000039e7020600000014' },
    {
      clause: 'RFC 2548 §2.7.1',
      given: 'MS-Primary-DNS-Server = 192.0.2.53',
      expect: '26 000001371c06c0000235',
    },
    { clause: 'quotes', given: 'Filter-Id = "a \\"b\\" \\\\ c"', expect: '11 6120226222205c2063' },
    { clause: 'quotes', given: "Filter-Id = '\\n '", expect: '11 5c6e20' },
    { clause: 'quotes', given: 'Reply-Message = "a\\r\\nb"', expect: '18 610d0a62' },
    { clause: 'RFC 8044 §3.1', given: 'X-Byte = 255', expect: '200 ff' },
    { clause: 'RFC 8044 §3.1', given: 'X-Short = 4660', expect: '201 1234' },
    { clause: 'RFC 8044 §3.11', given: 'X-Integer64 = 18446744073709551615', expect: '202 ffffffffffffffff' },
    { clause: 'signed', given: 'X-Signed = -2', expect: '203 fffffffe' },
    { clause: 'RFC 8044 §3.3', given: 'X-Date = 2030-01-01', expect: '204 70dbd880' },
    { clause: 'RFC 8044 §3.3', given: 'X-Date = 2030-01-01T00:00:01Z', expect: '204 70dbd881' },
    { clause: 'RFC 8044 §3.3', given: 'X-Date = 1', expect: '204 00000001' },
    { clause: 'RFC 8044 §3.10', given: 'X-IPv4-Prefix = 192.0.2.0/24', expect: '205 0018c0000200' },
    { clause: 'ether', given: 'X-Ether = 00:00:5e:00:53:01', expect: '206 00005e005301' },
    { clause: 'combo-ip', given: 'X-Combo = 192.0.2.1', expect: '207 c0000201' },
    { clause: 'combo-ip', given: 'X-Combo = ::1', expect: '207 00000000000000000000000000000001' },
    { clause: 'octets[N]', given: 'X-Three = 0x010203', expect: '208 010203' },
  ]
  test.each(rows)('$clause: $given', ({ given, expect: expected }) => {
    expect(written([given], TYPES)).toEqual([expected].flat())
  })
})

describe('refused, with what to do', () => {
  const rows: [given: string, problem: string | RegExp][] = [
    ['Fliter-Id = x', 'there is no attribute "Fliter-Id"; did you mean Filter-Id?'],
    [
      'Acme-Role = x',
      'there is no attribute "Acme-Role"; load a dictionary that has it (radius.dictionaries), or correct the name',
    ],
    ['Session-Timeout = 8h', 'Session-Timeout "8h" is no number; allowed: 0 to 4294967295'],
    ['Session-Timeout = -1', /is no number/],
    ['Session-Timeout = 4294967296', 'Session-Timeout "4294967296" is too large; allowed: 0 to 4294967295'],
    [
      'Service-Type = Framed-Usre',
      'Service-Type "Framed-Usre" is no number, and no name of one; did you mean Framed-User?',
    ],
    ['Framed-IP-Address = 192.0.2.300', 'Framed-IP-Address "192.0.2.300" is no IPv4 address'],
    ['Framed-IP-Address = 010.0.0.1', /is no IPv4 address/],
    ['Framed-IPv6-Address = 192.0.2.1', /is no IPv6 address/],
    ['Framed-IPv6-Address = fe80::1%eth0', /is no IPv6 address/],
    ['Framed-IPv6-Prefix = 2001:db8::1/64', 'Framed-IPv6-Prefix "2001:db8::1/64" has bits after its /64'],
    ['Framed-IPv6-Prefix = 2001:db8::/129', /ends with \/129; allowed: \/0 to \/128/],
    ['Framed-IPv6-Prefix = 2001:db8::', /is no network; allowed: an IPv6 network/],
    ['Framed-Interface-Id = 1:2:3', /is no interface identifier/],
    ['Class = 0x123', /begins with 0x; allowed: pairs of hexadecimal digits/],
    ['Filter-Id =', 'Filter-Id "" is empty; leave the attribute out'],
    [`Filter-Id = ${'x'.repeat(254)}`, /has 254 octets; allowed: at most 253$/],
    [`ASA-Group-Policy = ${'x'.repeat(248)}`, /has 248 octets; allowed: at most 247$/],
    [`Tunnel-Private-Group-Id:1 = ${'x'.repeat(253)}`, /has 254 octets; allowed: at most 253$/],
    ['Filter-Id:1 = x', 'Filter-Id "x" takes no tag'],
    ['Tunnel-Type:32 = VLAN', 'Tunnel-Type "VLAN" has the tag 32; allowed: 1 to 31'],
    ['Tunnel-Preference = 16777216', /is too large; allowed: at most 16777215/],
    [
      'VLAN = 4095',
      'VLAN "4095": allowed: a number from 1 to 4094, or a name of 1 to 32 characters without spaces',
    ],
    ['VLAN = 0', /allowed: a number from 1 to 4094/],
    ['VLAN += 2', 'a session has one VLAN; write VLAN = and not +='],
    ['Session-Timeout += 2', 'a reply has one Session-Timeout at most; write = and not +='],
    ['Filter-Id staff', /^it is not of the form/],
    ['Filter-Id == staff', /^it is not of the form/],
    ['= staff', /^it is not of the form/],
    ['', /^it is not of the form/],
    ['Filter-Id = staff,', /^it ends with a comma/],
    ['Filter-Id = "staff', 'what follows " is not closed by a last "'],
    ['Filter-Id = "staff",', /is not closed/],
    ['Filter-Id = "a" b"', /is not closed/],
    ['Filter-Id = "a\\"', /is not closed/],
    ["Filter-Id = 'a' 'b'", /is not closed/],
    ['Filter-Id = a\u0007', 'it has a control character'],
    [`Filter-Id = ${'x'.repeat(1100)}`, /^it has 1112 characters/],
    ['User-Password = x', /^User-Password holds a password or a key/],
    ['CHAP-Password = x', /^CHAP-Password holds a password or a key/],
    ['Tunnel-Password:1 = x', /^Tunnel-Password holds a password or a key/],
    ['MS-MPPE-Send-Key = x', /^MS-MPPE-Send-Key holds a password or a key/],
    ['MS-MPPE-Recv-Key = x', /^MS-MPPE-Recv-Key holds/],
    ['MS-CHAP-MPPE-Keys = x', /^MS-CHAP-MPPE-Keys holds/],
    ['MS-CHAP2-Success = x', 'MS-CHAP2-Success is made by the server itself'],
    ['State = x', 'State is made by the server itself'],
    ['Proxy-State = x', 'Proxy-State is made by the server itself'],
    ['EAP-Message = x', 'EAP-Message is made by the server itself'],
    ['Message-Authenticator = 0x00', 'Message-Authenticator is made by the server itself'],
    ['Error-Cause = 1', 'Error-Cause is made by the server itself'],
    ['NAS-IP-Address = 192.0.2.1', /^NAS-IP-Address is what devices tell the server/],
    ['Acct-Session-Id = 1', /^Acct-Session-Id is what devices tell the server/],
    ['Vendor-Specific = 0x00', /^Vendor-Specific is written by the name/],
    ['Prompt = 1', 'Prompt does not belong into an Access-Accept'],
  ]
  test.each(rows)('%s', (given, problem) => {
    const { problems } = readReply([given], dictionary)
    expect(problems).toEqual([
      {
        index: 0,
        name: expect.any(String),
        text: typeof problem === 'string' ? problem : expect.stringMatching(problem),
      },
    ])
  })

  test('every line is looked at, and each problem says which line it is of', () => {
    const { problems } = readReply(['Filter-Id = a', 'Nope = 1', 'Class = b', 'State = c'], dictionary)
    expect(problems.map(({ index, name }) => [index, name])).toEqual([
      [1, 'Nope'],
      [3, 'State'],
    ])
  })

  test('twice, where a reply has one at most', () => {
    const { problems } = readReply(['Session-Timeout = 1', 'Session-Timeout = 2'], dictionary)
    expect(problems).toEqual([
      {
        index: 1,
        name: 'Session-Timeout',
        text: 'Session-Timeout stands here twice; a reply has one at most',
      },
    ])
  })

  test('by another name from a dictionary too: what counts is the number', () => {
    const names = dictionaryWith(
      'ATTRIBUTE Harmless 80 octets\nVENDOR Other 311\nBEGIN-VENDOR Other\nATTRIBUTE Also-Harmless 17 octets\nEND-VENDOR Other',
    )
    const { problems } = readReply(['Harmless = 0x00', 'Also-Harmless = 0x00'], names)
    expect(problems.map(({ text }) => text)).toEqual([
      'Harmless is made by the server itself',
      'Also-Harmless holds a password or a key, which does not belong into a configuration',
    ])
  })

  test('whatever is typed, it is read or refused, and what is read fits an attribute', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .tuple(
          fc.constantFrom(
            'Filter-Id',
            'Class',
            'Session-Timeout',
            'Tunnel-Type:1',
            'VLAN',
            'Framed-IPv6-Prefix',
            'ASA-VLAN',
          ),
          fc.constantFrom(' = ', '=', '+=', ':=', '=='),
          fc.oneof(
            fc.string({ maxLength: 280 }),
            fc.nat().map(String),
            fc.ipV6(),
            fc.constantFrom('"', '"\\', "'", '0x'),
          ),
        )
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), (lines) => {
        const { rules, problems } = readReply(lines, dictionary)
        const bad = new Set(problems.map(({ index }) => index))
        expect(bad.size).toBe(problems.length)
        for (const { attributes } of rules) {
          for (const { value } of attributes) {
            expect(value.length).toBeGreaterThan(0)
            expect(value.length).toBeLessThanOrEqual(253)
          }
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('who has the last word', () => {
  const levels = (...lists: readonly (readonly string[])[]) =>
    hex(combine(lists.map((lines) => readReply(lines, dictionary).rules)))

  test('a later level replaces what an earlier one says of the same attribute, and leaves the rest', () => {
    expect(levels(['Filter-Id = a', 'Class = c'], ['Filter-Id = b'])).toEqual(['11 62', '25 63'])
  })

  test('several of one attribute in one list are all sent, in their order', () => {
    expect(levels(['Filter-Id = a', 'Filter-Id = b'])).toEqual(['11 61', '11 62'])
    expect(levels(['Filter-Id = x'], ['Filter-Id = a', 'Filter-Id = b'])).toEqual(['11 61', '11 62'])
  })

  test('+= adds to what stands before, from level to level', () => {
    expect(levels(['Filter-Id = a'], ['Filter-Id += b'], ['Filter-Id += c'])).toEqual([
      '11 61',
      '11 62',
      '11 63',
    ])
    expect(levels([], ['Filter-Id += b'])).toEqual(['11 62'])
    expect(levels(['Filter-Id = a'], ['Filter-Id = b', 'Filter-Id += c'])).toEqual(['11 62', '11 63'])
  })

  test('a VLAN replaces a VLAN, whatever their tags', () => {
    expect(levels(['VLAN:1 = 30'], ['VLAN = 40'])).toEqual(['64 0000000d', '65 00000006', '81 3430'])
  })

  test('vendors are told apart, and two names of one attribute are not', () => {
    const names = dictionaryWith('ATTRIBUTE Filter 11 string')
    const list = (line: string) => readReply([line], names).rules
    expect(hex(combine([list('Filter-Id = a'), list('Filter = b')]))).toEqual(['11 62'])
    expect(levels(['Aruba-User-Role = a'], ['PaloAlto-Admin-Role = b'])).toHaveLength(2)
  })

  test('nothing is the same nothing each time', () => {
    expect(combine([])).toBe(combine([[], []]))
  })
})

test(`together they take ${MAX_REPLY_OCTETS} octets at most`, () => {
  const filters = (count: number) =>
    combine([readReply(Array(count).fill(`Filter-Id = ${'x'.repeat(253)}`), dictionary).rules])
  expect(sizeProblem(filters(12))).toBeNull()
  expect(sizeProblem(filters(13))).toBe(
    'the attributes take 3315 octets; allowed: at most 3072, since a packet has 4096',
  )
})

describe('npm radius 1.1.4 reads', () => {
  // It has no vendors of its own; that the numbers are right, tshark and FreeRADIUS say.
  const file = join(tmpdir(), `sallyport-vendors-${process.pid}`)
  writeFileSync(file, VENDORS)
  radius.add_dictionary(file)
  afterAll(() => rmSync(file))
  const secret = new SharedSecret('testing123')
  const request = parsePacket(
    radius.encode({
      code: 'Access-Request',
      identifier: 1,
      secret: 'testing123',
      attributes: [['User-Name', 'a']],
    }),
  )
  const decoded = (lines: readonly string[]) => {
    const reply = encodeResponse(
      request,
      Code.AccessAccept,
      combine([readReply(lines, dictionary).rules]),
      secret,
    )
    const { attributes, raw_attributes } = radius.decode({ packet: reply, secret: 'testing123' })
    return { attributes, raw: raw_attributes as [number, Buffer][] }
  }
  const octet = fc.nat(255)

  test('any text, number and address that we write', () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((s) => s.isWellFormed() && !/[\p{C}"\\]/u.test(s))
    fc.assert(
      fc.property(text, fc.nat(2 ** 31 - 1), fc.ipV4(), fc.ipV4(), (filter, seconds, address, dns) => {
        const { attributes } = decoded([
          `Filter-Id = "${filter}"`,
          `Session-Timeout = ${seconds}`,
          `Framed-IP-Address = ${address}`,
          `Cisco-AVPair = "${filter}"`,
          `MS-Primary-DNS-Server = ${dns}`,
          'Service-Type = NAS-Prompt-User',
        ])
        expect(attributes).toMatchObject({
          'Filter-Id': filter,
          'Session-Timeout': seconds,
          'Framed-IP-Address': address,
          'Service-Type': 'NAS-Prompt-User',
          'Vendor-Specific': { 'Cisco-AVPair': filter, 'MS-Primary-DNS-Server': dns },
        })
      }),
    )
  })

  test('any VLAN with any tag', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4094 }), fc.integer({ min: 1, max: 31 }), (vlan, tag) => {
        const { attributes } = decoded([`VLAN:${tag} = ${vlan}`])
        expect(attributes).toMatchObject({
          'Tunnel-Type': [tag, 'VLAN'],
          'Tunnel-Medium-Type': [tag, 'IEEE-802'],
          'Tunnel-Private-Group-Id': [tag, String(vlan)],
        })
      }),
    )
  })

  test('any octets', () => {
    fc.assert(
      fc.property(fc.array(octet, { minLength: 1, maxLength: 253 }), (octets) => {
        const { raw } = decoded([`Class = 0x${Buffer.from(octets).toString('hex')}`])
        const found = raw.find(([type]) => type === 25)
        expect([...found![1]]).toEqual(octets)
      }),
    )
  })
})
