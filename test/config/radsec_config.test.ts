/** `[radsec]` and `tls` of a client: what is read, what is refused and in which words, and keys in files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { type Config, ConfigError, readConfig } from '../../src/config/config.ts'
import { comesOverTlsOnly } from '../../src/config/radsec.ts'
import { resolveSecrets } from '../../src/config/secrets.ts'

const directory = mkdtempSync(join(tmpdir(), 'sallyport-radsec-config-'))
afterAll(() => rmSync(directory, { recursive: true }))
const file = join(directory, 'sallyport.toml')

function read(toml: string): Config {
  writeFileSync(file, toml, { mode: 0o640 })
  return readConfig({ file, env: {}, cwd: '/' })
}

function problemsOf(action: () => unknown): string[] {
  try {
    action()
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(`${file}: `, '').split('\n')
    throw error
  }
  return []
}

const RADSEC = '[radsec]\nlisten = ["0.0.0.0:2083"]\ncertificate_file = "c"\nkey_file = "k"\nca_file = "a"\n'
const client = (lines: string) => `${RADSEC}[[radius.clients]]\nname = "gate"\n${lines}\n`
const HEX = 'ab'.repeat(32)
const COLONS = Array(32).fill('AB').join(':')

describe('a client over TLS', () => {
  const rows: { name: string; given: string; expect: object }[] = [
    {
      name: 'by a name, which is not case-sensitive',
      given: 'tls = { name = "Gate.Example.org" }',
      expect: { names: ['gate.example.org'], fingerprints: [], psk: null, networks: [] },
    },
    {
      name: 'by several names and IP addresses',
      given: 'tls = { name = ["*.example.org", "10.0.0.1", "2001:DB8:0::1"] }',
      expect: { names: ['*.example.org', '10.0.0.1', '2001:db8::1'] },
    },
    {
      name: 'by a fingerprint as openssl shows it, and one without colons',
      given: `tls = { fingerprint = ["sha256:${COLONS}", "SHA256:${HEX}"] }`,
      expect: { fingerprints: [HEX, HEX] },
    },
    {
      name: 'by a key in a file',
      given: 'tls = { psk_identity = "gate", psk_file = "gate.psk" }',
      expect: { psk: { identity: 'gate', key: { file: join(directory, 'gate.psk') } } },
    },
  ]
  test.each(rows)('$name', ({ given, expect: expected }) => {
    const [only] = read(client(given)).radius.clients
    expect(only!.tls).toMatchObject(expected)
    expect(only).toMatchObject({ networks: [], secret: null })
    expect(comesOverTlsOnly(only!)).toBe(true)
  })

  test('with an address it must come from there, and has none for UDP', () => {
    const [only] = read(client('address = ["10.0.0.0/8", "::1"]\ntls = { name = "a" }')).radius.clients
    expect(only!.tls!.networks.map(({ text }) => text)).toEqual(['10.0.0.0/8', '::1'])
    expect(only!.networks).toEqual([])
  })

  test('with a secret as well it comes over UDP too', () => {
    const text = 'address = "10.0.0.1"\nsecret = "0123456789abcdef"\ntls = { name = "a" }'
    const [only] = read(client(text)).radius.clients
    expect(only!.networks.map((network) => network.text)).toEqual(['10.0.0.1'])
    expect(comesOverTlsOnly(only!)).toBe(false)
  })

  test('two may have one address, which does not tell them apart', () => {
    const two = `${client('address = "10.0.0.1"\ntls = { name = "a" }')}[[radius.clients]]\nname = "b"\naddress = "10.0.0.1"\ntls = { name = "b" }`
    expect(read(two).radius.clients).toHaveLength(2)
  })

  test('needs no warning that it does not sign, nor for MS-CHAP', () => {
    const text = 'require_message_authenticator = false\nmschap = true\ntls = { name = "a" }'
    expect(read(client(text)).warnings).toEqual([])
    const alsoUdp = `address = "10.0.0.1"\nsecret = "0123456789abcdef"\n${text}`
    expect(read(client(alsoUdp)).warnings).toHaveLength(2)
  })

  test('its key is never shown', () => {
    const config = read(client(`tls = { psk_identity = "g", psk = "${HEX}" }`))
    expect(JSON.stringify(config.radius.clients[0]!.tls!.psk)).not.toContain(HEX)
  })
})

const NAMES =
  'allowed: a DNS name ("vpn.example.org", "*.example.org" for all one level below) or an IP address of its certificate, or a list of them'
const FINGERPRINTS =
  'allowed: "sha256:" and 64 hexadecimal digits, as `openssl x509 -noout -fingerprint -sha256` shows them, or a list of them'

describe('what is refused, by the whole message', () => {
  const TLS = 'radius.clients[0].tls'
  const rows: { name: string; given: string; expect: string }[] = [
    {
      name: 'nothing',
      given: client('tls = {}'),
      expect: `${TLS} of "gate" says nothing; add name or fingerprint of its certificate, or psk_identity with psk_file`,
    },
    {
      name: 'no table',
      given: client('tls = true'),
      expect: `${TLS} of "gate" is true; allowed: a table, such as { name = "vpn.example.org" }`,
    },
    {
      name: 'an unknown key',
      given: client(`tls = { nam = "a", fingerprint = "sha256:${HEX}" }`),
      expect: `${TLS}.nam is not a known key; did you mean ${TLS}.name?`,
    },
    {
      name: 'no DNS name',
      given: client('tls = { name = "a b" }'),
      expect: `${TLS}.name of "gate" is "a b"; ${NAMES}`,
    },
    {
      name: 'a wildcard within a name',
      given: client('tls = { name = "a*.b" }'),
      expect: `${TLS}.name of "gate" is "a*.b"; ${NAMES}`,
    },
    {
      name: 'a wildcard for all',
      given: client('tls = { name = "*" }'),
      expect: `${TLS}.name of "gate" is "*"; ${NAMES}`,
    },
    {
      name: 'an empty list',
      given: client('tls = { name = [] }'),
      expect: `${TLS}.name of "gate" is an empty list; ${NAMES}`,
    },
    {
      name: 'a SHA-1 fingerprint',
      given: client('tls = { fingerprint = "sha1:00" }'),
      expect: `${TLS}.fingerprint of "gate" is "sha1:00"; ${FINGERPRINTS}`,
    },
    {
      name: 'one digit too few',
      given: client(`tls = { fingerprint = "sha256:${HEX.slice(1)}" }`),
      expect: `${TLS}.fingerprint of "gate" is "sha256:${HEX.slice(1)}"; ${FINGERPRINTS}`,
    },
    {
      name: 'a key without its name',
      given: client('tls = { psk = "0123456789abcdef" }'),
      expect: `${TLS} of "gate" has a key without its name; add psk_identity = "…", as it is set on the device`,
    },
    {
      name: 'a name without its key',
      given: client('tls = { psk_identity = "g" }'),
      expect: `${TLS} of "gate" has no key; add psk_file = "PATH" (or psk = "…"), 16 octets or more`,
    },
    {
      name: 'two keys',
      given: client('tls = { psk_identity = "g", psk = "0123456789abcdef", psk_file = "f" }'),
      expect: `${TLS} of "gate" has both psk and psk_file; keep one of them`,
    },
    {
      name: 'a key and a certificate',
      given: client('tls = { name = "a", psk_identity = "g", psk = "0123456789abcdef" }'),
      expect: `${TLS} of "gate" has a certificate and a key (psk); a client proves itself by one of them`,
    },
    {
      name: 'a key of the wrong type, without its value',
      given: client('tls = { psk_identity = "g", psk = 12345678 }'),
      expect: `${TLS}.psk of "gate" is a number (not shown); allowed: a key of 16 octets or more`,
    },
    {
      name: 'a client where TLS is off',
      given: client('tls = { name = "a" }').replace(RADSEC, ''),
      expect: `${TLS} of "gate" is for RADIUS over TLS, but radsec.listen is empty; add [radsec] listen = ["0.0.0.0:2083"]`,
    },
    {
      name: 'a name without an authority',
      given: client('tls = { name = "a" }').replace(/ca_file.*\n/, ''),
      expect: `${TLS} of "gate" has a name without a fingerprint, which is worth as much as whoever signs it; add radsec.ca_file`,
    },
    {
      name: 'no certificate of ours',
      given: client('tls = { name = "a" }').replace(/(certificate|key)_file.*\n/g, ''),
      expect:
        'radsec.certificate_file is missing; only where all clients have a psk the server needs no certificate',
    },
    {
      name: 'a certificate without its key',
      given: client('tls = { name = "a" }').replace(/\nkey_file.*/, ''),
      expect: 'radsec.key_file is missing; radsec.certificate_file is of no use without it',
    },
    {
      name: 'one identity of two',
      given: `${client('tls = { psk_identity = "g", psk = "0123456789abcdef" }')}[[radius.clients]]\nname = "b"\ntls = { psk_identity = "g", psk = "fedcba9876543210" }`,
      expect:
        'radius.clients[1].tls.psk_identity of "b" is also that of radius.clients[0]; give each client its own',
    },
    {
      name: 'a version that there is not',
      given: `${RADSEC}versions = ["1.2"]`,
      expect: 'radsec.versions[0] is "1.2"; allowed: ["1.0", "1.1"], or one of the two',
    },
    {
      name: 'no version',
      given: `${RADSEC}versions = []`,
      expect: 'radsec.versions is an empty list; allowed: ["1.0", "1.1"], or one of the two',
    },
  ]
  test.each(rows)('$name', ({ given, expect: expected }) => {
    expect(problemsOf(() => read(given))).toEqual([expected])
  })

  test('UDP needs an address also where there is TLS', () => {
    const [problem] = problemsOf(() => read(client('secret = "0123456789abcdef"\ntls = { name = "a" }')))
    expect(problem).toMatch(/^radius\.clients\[0\]\.address of "gate" is missing; allowed: an IPv4/)
  })
})

describe('keys', () => {
  const keyed = (name: string, psk: string) =>
    `[[radius.clients]]\nname = "${name}"\ntls = { psk_identity = "${name}", psk = "${psk}" }\n`
  const keysOf = (toml: string) =>
    resolveSecrets(read(`${RADSEC}${toml}`)).clients.map(({ tls }) => Buffer.from(tls!.psk!.key.reveal()))

  test('are the octets of the text, or those of hexadecimal digits', () => {
    expect(keysOf(keyed('a', '0123456789abcdef') + keyed('b', `hex:${HEX}`))).toEqual([
      Buffer.from('0123456789abcdef'),
      Buffer.from(HEX, 'hex'),
    ])
  })

  test('are read from a file, without the end of its line', () => {
    writeFileSync(join(directory, 'k.psk'), `hex:${HEX}\n`, { mode: 0o600 })
    const toml = '[[radius.clients]]\nname = "a"\ntls = { psk_identity = "a", psk_file = "k.psk" }'
    expect(keysOf(toml)).toEqual([Buffer.from(HEX, 'hex')])
  })

  test.each([
    {
      name: 'too short',
      toml: keyed('a', '0123456789abcde'),
      says: 'client "a": the psk has 15 octets; it must have 16 to 256',
    },
    {
      name: 'too short in digits',
      toml: keyed('a', 'hex:00112233445566778899aabbccddee'),
      says: 'client "a": the psk has 15 octets; it must have 16 to 256',
    },
    {
      name: 'that of another',
      toml: keyed('a', '0123456789abcdef') + keyed('b', 'hex:30313233343536373839616263646566'),
      says: 'client "b": the psk is also the psk of client "a"; each needs its own',
    },
    {
      name: 'a shared secret',
      toml: `${keyed('a', '0123456789abcdef')}[[radius.clients]]\nname = "u"\naddress = "10.0.0.1"\nsecret = "0123456789abcdef"`,
      says: 'client "a": the psk is also the secret of client "u"; each needs its own',
    },
    {
      name: 'in a file that is not there',
      toml: '[[radius.clients]]\nname = "a"\ntls = { psk_identity = "a", psk_file = "none" }',
      says: `client "a": psk_file ${directory}/none cannot be read: no such file`,
    },
  ])('one that is $name is refused', ({ toml, says }) => {
    expect(problemsOf(() => keysOf(toml))).toEqual([says])
  })
})
