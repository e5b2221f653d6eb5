/** `reply`, `vlan`, groups and dictionaries in the configuration: what they come to, and how each fault is told. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { type Config, ConfigError, readConfig } from '../../src/config/config.ts'
import { lineOf } from '../../src/config/line_of.ts'
import type { Attribute } from '../../src/radius/attribute.ts'
import { combine, type ReplyRules } from '../../src/radius/reply_rules.ts'

const directory = mkdtempSync(join(tmpdir(), 'sallyport-replies-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
const file = join(directory, 'sallyport.toml')

function read(toml: string, env: Record<string, string> = {}): Config {
  writeFileSync(file, toml, { mode: 0o600 })
  return readConfig({ file, env, cwd: directory })
}

function problemsOf(toml: string, env: Record<string, string> = {}): string[] {
  try {
    read(toml, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(`${directory}/`, '').split('\n')
    throw error
  }
  return []
}

function hex(rules: ReplyRules): string[] {
  return combine([rules]).map(({ type, value }: Attribute) => `${type} ${Buffer.from(value).toString('hex')}`)
}

const VPN = '[[radius.clients]]\nname = "vpn"\naddress = "10.0.0.1"\nsecret = "0123456789abcdef"\n'
const group = (name: string, keys: string) => `[[radius.groups]]\nname = "${name}"\n${keys}\n`

describe('what is read', () => {
  test('a client, and groups in their order', () => {
    const { radius } = read(
      `${VPN}reply = ["Class = a"]\nvlan = "guests"\nvlan_tag = 1\n${group('b', 'vlan = 30')}${group('a', 'reply = ["Filter-Id = x"]')}`,
    )
    expect(radius.clients.map(({ reply }) => hex(reply))).toEqual([
      ['64 0100000d', '65 01000006', '81 01677565737473', '25 61'],
    ])
    expect([...radius.groups].map(([name, rules]) => [name, hex(rules)])).toEqual([
      ['b', ['64 0000000d', '65 00000006', '81 3330']],
      ['a', ['11 78']],
    ])
  })

  test('by the environment too', () => {
    const { radius } = read('', { SALLYPORT_RADIUS__GROUPS: '[{name = "staff", reply = ["Filter-Id = x"]}]' })
    expect([...radius.groups.keys()]).toEqual(['staff'])
  })

  test('a dictionary, by a path from the file, with what it includes', () => {
    writeFileSync(
      join(directory, 'dictionary.acme'),
      'VENDOR Acme 32473\n$INCLUDE attributes.acme\n$INCLUDE- none\n',
    )
    writeFileSync(
      join(directory, 'attributes.acme'),
      'BEGIN-VENDOR Acme\nATTRIBUTE Acme-Role 1 integer\nVALUE Acme-Role Guest 3\nEND-VENDOR Acme\n',
    )
    const { radius } = read(
      `[radius]\ndictionaries = ["dictionary.acme"]\n${group('g', 'reply = ["Acme-Role = guest"]')}`,
    )
    expect(hex(radius.groups.get('g')!)).toEqual(['26 00007ed9010600000003'])
  })

  const freeradius = '/usr/share/freeradius/dictionary'
  const testFreeradius = existsSync(freeradius) ? test : test.skip
  testFreeradius("FreeRADIUS's whole dictionary", () => {
    const { radius } = read(
      `[radius]\ndictionaries = ["${freeradius}"]\n${group('g', 'reply = ["Mikrotik-Rate-Limit = 1M/1M", "Juniper-Local-User-Name = ops", "VLAN = 5"]')}`,
    )
    expect(hex(radius.groups.get('g')!)).toHaveLength(5)
    expect(
      problemsOf(
        `[radius]\ndictionaries = ["${freeradius}"]\n${group('g', 'reply = ["USR-Last-Number-Dialed-Out = 1"]')}`,
      ),
    ).toEqual([expect.stringMatching(/has the format 4,0 of its vendor USR; only 1,1 is supported$/)])
  })
})

describe('what is refused, by the whole message', () => {
  const rows: { name: string; given: string; expect: string[] }[] = [
    {
      name: 'an attribute that there is not, on its line',
      given: `${VPN}reply = [\n  "Class = a",\n  "Fliter-Id = staff", # typo\n]\n`,
      expect: [
        'sallyport.toml: line 7: radius.clients[0].reply[1] of "vpn": there is no attribute "Fliter-Id"; did you mean Filter-Id?',
      ],
    },
    {
      name: 'each of several, also where a word stands more than once',
      given: `${group('a', 'reply = ["Session-Timeout = 1"]')}${group('b', 'reply = ["Session-Timeout = x"]')}${group('c', 'reply = ["State = 1", "Session-Timeout = y"]')}`,
      expect: [
        'sallyport.toml: line 6: radius.groups[1].reply[0] of "b": Session-Timeout "x" is no number; allowed: 0 to 4294967295',
        'sallyport.toml: line 9: radius.groups[2].reply[0] of "c": State is made by the server itself',
        'sallyport.toml: line 9: radius.groups[2].reply[1] of "c": Session-Timeout "y" is no number; allowed: 0 to 4294967295',
      ],
    },
    {
      name: 'what takes too much',
      given: group(
        'a',
        `reply = [${Array(13)
          .fill(`"Filter-Id = ${'x'.repeat(253)}"`)
          .join(', ')}]`,
      ),
      expect: [
        'sallyport.toml: line 3: radius.groups[0].reply of "a": the attributes take 3315 octets; allowed: at most 3072, since a packet has 4096',
      ],
    },
    {
      name: 'what takes too much together with a client',
      given: `${VPN}reply = [${Array(7)
        .fill(`"Class = ${'x'.repeat(253)}"`)
        .join(', ')}]\n${group(
        'a',
        `reply = [${Array(7)
          .fill(`"Filter-Id = ${'x'.repeat(253)}"`)
          .join(', ')}]`,
      )}`,
      expect: [
        'sallyport.toml: line 8: radius.groups[0].reply of "a": together with radius.clients[0] ("vpn") the attributes take 3570 octets; allowed: at most 3072, since a packet has 4096',
      ],
    },
    {
      name: 'a list that is none',
      given: `${VPN}reply = "Filter-Id = staff"`,
      expect: [
        'sallyport.toml: radius.clients[0].reply of "vpn" is "Filter-Id = staff"; allowed: a list of texts such as ["Filter-Id = staff", "Session-Timeout = 28800"]',
      ],
    },
    {
      name: 'an impossible VLAN',
      given: `${VPN}vlan = 4095`,
      expect: [
        'sallyport.toml: radius.clients[0].vlan of "vpn" is 4095; allowed: a number from 1 to 4094, or the name of a VLAN',
      ],
    },
    {
      name: 'a number as a name of a VLAN',
      given: `${VPN}vlan = "5000"`,
      expect: [
        'sallyport.toml: line 5: radius.clients[0].vlan of "vpn": VLAN "5000": allowed: a number from 1 to 4094, or a name of 1 to 32 characters without spaces',
      ],
    },
    {
      name: 'a tag without a VLAN',
      given: group('a', 'vlan_tag = 1'),
      expect: ['sallyport.toml: radius.groups[0].vlan_tag of "a" stands without vlan; add vlan = NUMBER'],
    },
    {
      name: 'a name twice, in another case',
      given: `${group('staff', '')}${group('Staff', '')}`,
      expect: [
        'sallyport.toml: radius.groups[1].name is also the name of radius.groups[0]; give each group its own',
      ],
    },
    {
      name: 'a name with a comma, which separates names',
      given: group('a,b', ''),
      expect: [
        'sallyport.toml: radius.groups[0].name is "a,b"; allowed: a name of 1 to 64 visible characters without spaces and commas',
      ],
    },
    {
      name: 'an unknown key of a group',
      given: group('a', 'replies = []'),
      expect: [
        'sallyport.toml: radius.groups[0].replies is not a known key; known here: name, reply, vlan, vlan_tag',
      ],
    },
    {
      name: 'a dictionary that there is not',
      given: '[radius]\ndictionaries = ["nowhere"]',
      expect: ['sallyport.toml: line 2: radius.dictionaries[0]: nowhere: cannot be read: no such file'],
    },
    {
      name: 'a dictionary that is none, by its own line',
      given: '[radius]\ndictionaries = ["bad"]',
      expect: [
        'sallyport.toml: line 2: radius.dictionaries[0]: bad: line 2: allowed: ATTRIBUTE NAME NUMBER TYPE',
      ],
    },
  ]
  test.each(rows)('$name', ({ given, expect: expected }) => {
    writeFileSync(join(directory, 'bad'), '# x\nATTRIBUTE A\n')
    expect(problemsOf(given)).toEqual(expected)
  })

  test('in a variable, by its name', () => {
    expect(problemsOf('', { SALLYPORT_RADIUS__GROUPS: '[{name = "a", reply = ["Nope = x"]}]' })).toEqual([
      'SALLYPORT_RADIUS__GROUPS: radius.groups[0].reply[0] of "a": there is no attribute "Nope"; load a dictionary that has it (radius.dictionaries), or correct the name',
    ])
  })

  test('a dictionary that includes itself without end, or too many', () => {
    writeFileSync(join(directory, 'loop'), '$INCLUDE loop\n')
    expect(problemsOf('[radius]\ndictionaries = ["loop"]')).toEqual([
      expect.stringContaining('loop: line 1: it would be the 9th file that includes the next'),
    ])
    writeFileSync(join(directory, 'empty'), '')
    writeFileSync(join(directory, 'many'), '$INCLUDE empty\n'.repeat(1001))
    expect(problemsOf('[radius]\ndictionaries = ["many"]')).toEqual([
      'sallyport.toml: line 2: radius.dictionaries[0]: many: line 1000: $INCLUDE empty: there are more than 1000 files',
    ])
    writeFileSync(join(directory, 'large'), '#'.repeat(9 * 1024 * 1024))
    expect(problemsOf('[radius]\ndictionaries = ["large"]')).toEqual([
      expect.stringContaining('large: dictionaries have more than 8388608 octets'),
    ])
  })
})

describe('lineOf', () => {
  const text = '# a = x\n[t]\na = ["x", """\nx\n""", "y"]\n\'x\' = "x"\nx2 = { q = "x" }\n'
  const rows: { path: (string | number)[]; needle: string; expect: number | null }[] = [
    { path: ['t', 'a', 0], needle: 'x', expect: 3 },
    { path: ['t', 'a', 1], needle: 'x', expect: 4 },
    { path: ['t', 'x'], needle: 'x', expect: 6 },
    { path: ['t', 'x2', 'q'], needle: 'x', expect: 7 },
    { path: ['t', 'a', 2], needle: 'x', expect: null },
    { path: ['t', 'none'], needle: 'x', expect: null },
    { path: ['t', 'a', 2], needle: '', expect: null },
  ]
  test.each(rows)('$path', ({ path, needle, expect: expected }) => {
    expect(lineOf(text, path, needle, { readings: 100 })).toBe(expected)
  })

  test('of what cannot be read, none', () => {
    expect(lineOf('a = ', ['a'], 'a', { readings: 100 })).toBeNull()
  })

  test('no longer than it may take: a reload must not hold up a running server', () => {
    const budget = { readings: 3 }
    expect(lineOf(text, ['t', 'x2', 'q'], 'x', budget)).toBeNull()
    const faults = Array.from({ length: 500 }, (_, i) => group(`g${i}`, 'reply = ["Fliter-Id = x"]')).join('')
    // Of the processor: other tests may have it meanwhile.
    const began = process.cpuUsage()
    expect(problemsOf(faults)).toHaveLength(500)
    expect(process.cpuUsage(began).user / 1000).toBeLessThan(5000)
  })
})
