import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Code, MicrosoftType, Vendor } from '../../src/radius/attributes.ts'
import { encodeResponse, parsePacket } from '../../src/radius/packet.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { vendorSpecific } from '../../src/radius/vendor_attribute.ts'
import { type Server, serve } from '../../src/server/serve.ts'
import { OTPS, SECRET_HEX } from '../admin/make_admin.ts'
import { run } from './run_sallyport.ts'

const SECRET = 'shared-by-the-test-and-us-8812'
let directory: string
let server: Server
let env: Record<string, string>

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-test-'))
  const configuration =
    '[radius]\nlisten = ["127.0.0.1:0"]\nreject_delay = 0\n' +
    `[[radius.clients]]\nname = "localhost"\naddress = "127.0.0.1"\nsecret = "${SECRET}"\nmschap = true\n` +
    '[tokens]\npin_storage = "sealed"\n[log]\nlevel = "error"\n[console]\nlisten = "off"\n'
  writeFileSync(join(directory, 's.toml'), configuration)
  env = { PATH: process.env.PATH ?? '', SALLYPORT_CONFIG: join(directory, 's.toml') }
  server = await serve({ file: env.SALLYPORT_CONFIG!, env: {}, cwd: directory, print: () => {} })
  const input = JSON.stringify({
    type: 'hotp',
    user: 'alice',
    serial: 'H1',
    secretHex: SECRET_HEX,
    pin: '1234',
  })
  expect(await run(['token', 'enroll', '--input', '-'], { env, stdin: input })).toMatchObject({ status: 0 })
})
afterAll(async () => {
  await server.drain()
  rmSync(directory, { recursive: true })
})

const login = (password: string, ...args: string[]) =>
  run(['test', 'alice', '--password-stdin', '--server', server.listening[0]!, ...args], {
    env,
    stdin: `${password}\n`,
  })

const said = ({ stdout }: { stdout: string }) =>
  stdout.replaceAll(server.listening[0]!, 'SERVER').replace(/after \d+ ms/, 'after … ms')

const SENT = `sent  Access-Request to SERVER, 79 octets, with the secret of client localhost
  User-Name              alice
  User-Password          (hidden)
  NAS-Identifier         sallyport-test
  Message-Authenticator  (made)
`

test('an Access-Accept is 0', async () => {
  const ran = await login(`1234${OTPS[0]}`)
  expect([ran.status, ran.stderr]).toEqual([0, ''])
  expect(said(ran)).toBe(`${SENT}received  Access-Accept after … ms, 38 octets, signed\n`)
})

test('an Access-Reject is 1', async () => {
  const ran = await login(`1234${OTPS[0]}`)
  expect([ran.status, ran.stderr]).toEqual([1, ''])
  expect(said(ran)).toBe(`${SENT}received  Access-Reject after … ms, 38 octets, signed\n`)
})

test('--json says the same to a script', async () => {
  const { status, stdout } = await login(`1234${OTPS[1]}`, '--json')
  const { elapsedMs, ...rest } = JSON.parse(stdout)
  expect([status, rest, elapsedMs >= 0]).toEqual([
    0,
    { code: 'Access-Accept', server: server.listening[0], client: 'localhost', signed: true, attributes: [] },
    true,
  ])
})

describe('--protocol', () => {
  const NAMED = ['--protocol', 'mschapv2']
  const attributesOf = ({ stdout }: { stdout: string }) =>
    Object.fromEntries(
      [...stdout.split(/^received.*$/m)[1]!.matchAll(/^ {2}(\S+) +(.*)$/gm)].map(([, name, text]) => [
        name,
        text,
      ]),
    )

  test('chap: the password is proved without being sent', async () => {
    const ran = await login(`1234${OTPS[2]}`, '--protocol', 'chap')
    expect([ran.status, ran.stderr]).toEqual([0, ''])
    expect(said(ran)).toMatch(
      /^ {2}User-Name .*\n {2}CHAP-Password +\(hidden\)\n {2}CHAP-Challenge +16 octets\n/m,
    )
    expect((await login(`1234${OTPS[2]}`, '--protocol', 'chap')).status).toBe(1)
  })

  test('mschapv2: the server proves that it knows the password too, and gives keys', async () => {
    const ran = await login(`1234${OTPS[3]}`, ...NAMED)
    expect([ran.status, ran.stderr]).toEqual([0, ''])
    expect(attributesOf(ran)).toEqual({
      'MS-CHAP2-Success': expect.stringMatching(/^S=[0-9A-F]{40}$/),
      'MS-MPPE-Send-Key': '(hidden)',
      'MS-MPPE-Recv-Key': '(hidden)',
      'MS-MPPE-Encryption-Policy': '1',
      'MS-MPPE-Encryption-Types': '4',
    })
  })

  test('mschapv2: a Reject says what a Windows client shows', async () => {
    const ran = await login(`4321${OTPS[4]}`, ...NAMED)
    expect([ran.status, ran.stderr]).toEqual([1, ''])
    expect(attributesOf(ran)).toEqual({
      'MS-CHAP-Error': expect.stringMatching(/^E=691 R=0 C=[0-9A-F]{32} V=3 M=Authentication failed$/),
    })
  })

  test.each([
    [
      'no MS-CHAP2-Success',
      null,
      'the Access-Accept has no MS-CHAP2-Success: a Windows client would not go on',
    ],
    [
      'another MS-CHAP2-Success',
      Buffer.from(`\0S=${'0'.repeat(40)}`),
      'MS-CHAP2-Success is wrong: who answered does not know the password',
    ],
  ])('mschapv2: an Accept with %s is refused', async (_, success, message) => {
    const impostor = createSocket('udp4')
    impostor.on('message', (datagram, { port }) => {
      const attributes =
        success === null ? [] : [vendorSpecific(Vendor.Microsoft, MicrosoftType.MsChap2Success, success)]
      const reply = encodeResponse(
        parsePacket(datagram),
        Code.AccessAccept,
        attributes,
        new SharedSecret(SECRET),
      )
      impostor.send(reply, port, '127.0.0.1')
    })
    await new Promise<void>((resolve) => impostor.bind(0, '127.0.0.1', resolve))
    const address = `127.0.0.1:${impostor.address().port}`
    const ran = await run(['test', 'alice', '--password-stdin', '--server', address, ...NAMED], {
      env,
      stdin: 'x\n',
    })
    impostor.close()
    expect([ran.status, ran.stderr]).toEqual([1, `sallyport: ${message}\n`])
  })

  test('one that there is not is 2', async () => {
    const ran = await login('x', '--protocol', 'eap')
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining('pap, chap, mschapv2')])
  })
})

describe('NAME@CLIENT', () => {
  const as = (typed: string) =>
    run(['test', typed, '--password-stdin', '--server', server.listening[0]!, '--json'], {
      env,
      stdin: `1234${OTPS[5]}\n`,
    })

  test('is the client of that name, and the user before it', async () => {
    const ran = await as('alice@localhost')
    expect([ran.status, JSON.parse(ran.stdout).client]).toEqual([0, 'localhost'])
  })

  test('is a user name where there is no such client', async () => {
    const ran = await as('alice@example.com')
    expect([ran.status, JSON.parse(ran.stdout).client]).toEqual([1, 'localhost'])
  })
})

test('nothing that listens is 3, at once', async () => {
  const ran = await run(['test', 'alice', '--password-stdin', '--server', '127.0.0.1:9'], {
    env,
    stdin: 'x\n',
  })
  expect([ran.status, ran.stderr]).toEqual([
    3,
    [
      'sallyport: nothing listens on 127.0.0.1:9',
      'start it with `sallyport serve`, or name its address with --server; `sallyport server status` shows the listeners',
      '',
    ].join('\n'),
  ])
})

test('another secret is 3 after three tries, all of one packet, with the likely causes', async () => {
  const silent = createSocket('udp4')
  const received = new Set<string>()
  let count = 0
  silent.on('message', (datagram) => {
    count++
    received.add(datagram.toString('hex'))
  })
  await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve))
  const file = join(directory, 'secret')
  writeFileSync(file, 'another secret of ours\n')
  const args = [
    'test',
    'alice',
    '--password-stdin',
    '--secret-file',
    file,
    '--server',
    `127.0.0.1:${silent.address().port}`,
  ]
  const ran = await run(args, { env: { PATH: env.PATH! }, stdin: 'x\n' })
  silent.close()
  expect([ran.status, count, received.size]).toEqual([3, 3, 1])
  expect(ran.stderr).toContain('after 3 tries\nlikely causes')
  expect(ran.stderr).toContain('another shared secret')
})

test.each([
  [
    'a client that there is not',
    ['--client', 'vpn'],
    'there is no client vpn in the configuration\nthere is localhost\n',
  ],
  [
    'a server without sense',
    ['--server', 'a:b:c:'],
    '--server must be an address with a port, such as 127.0.0.1:1812 or [::1]:1812\n',
  ],
])('%s is 2', async (_, args, message) => {
  const ran = await run(['test', 'alice', '--password-stdin', ...args], { env, stdin: 'x\n' })
  expect([ran.status, ran.stderr]).toEqual([2, `sallyport: ${message}`])
})

describe('EAP', () => {
  beforeAll(async () => {
    expect(await run(['eap', 'init', '--name', 'radius.test'], { env })).toMatchObject({
      status: 0,
      stderr: '',
    })
    expect(statSync(join(directory, 'data/eap/server.key')).mode & 0o777).toBe(0o600)
    await server.reload()
  })

  test.each(['eap-ttls-pap', 'eap-ttls-gtc', 'peap-gtc', 'eap-gtc'])('--protocol %s', async (protocol) => {
    await enroll(protocol)
    const ask = (password: string) =>
      run(['test', protocol, '--password-stdin', '--server', server.listening[0]!, '--protocol', protocol], {
        env,
        stdin: `${password}\n`,
      })
    const ran = await ask(`1234${OTPS[0]}`)
    expect([ran.status, ran.stderr]).toEqual([0, ''])
    expect(ran.stdout).toMatch(/^ {2}received {2}Success, 4 octets$/m)
    expect(ran.stdout).toContain(`  User-Name`)
    const isTunnel = protocol !== 'eap-gtc'
    expect(ran.stdout.includes(`TLSv1.3; the server’s certificate is by ${directory}/data/eap/ca.pem`)).toBe(
      isTunnel,
    )
    expect(ran.stdout.includes('MS-MPPE-Send-Key')).toBe(isTunnel)
    const again = await ask(`1234${OTPS[0]}`)
    expect([again.status, again.stderr]).toEqual([1, ''])
    expect(again.stdout).toMatch(/^ {2}received {2}Failure, 4 octets$/m)
  })

  test('a server whose certificate is by another CA is not told the OTP', async () => {
    await enroll('wrong-ca')
    const file = join(directory, 'data/eap/ca.pem')
    const ca = readFileSync(file)
    rmSync(join(directory, 'data/eap'), { recursive: true })
    await run(['eap', 'init', '--name', 'radius.test'], { env })
    const options = ['--password-stdin', '--server', server.listening[0]!, '--protocol', 'eap-ttls-pap']
    const ran = await run(['test', 'wrong-ca', ...options], { env, stdin: `1234${OTPS[0]}\n` })
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining('the device breaks off: ')])
    writeFileSync(file, ca)
    expect((await run(['test', 'wrong-ca', ...options], { env, stdin: `1234${OTPS[0]}\n` })).status).toBe(0)
  })

  test('init refuses to overwrite, renew to sign by a key that is not the CA’s', async () => {
    const file = join(directory, 'data/eap/ca.pem')
    const ca = readFileSync(file, 'utf8')
    expect(await run(['eap', 'init'], { env })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(
        'has ca.pem, ca.key, server.pem, server.key already: nothing was changed',
      ),
    })
    expect((await run(['eap', 'init', '--name', 'no name'], { env })).status).toBe(2)
    expect(readFileSync(file, 'utf8')).toBe(ca)
    // The test before has put another CA in its place.
    expect(await run(['eap', 'renew'], { env })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is not the key of'),
    })
  })

  test('a profile for Apple devices is a property list, which plutil and its like can read', async () => {
    const { status, stdout } = await run(['eap', 'profile', '--ssid', 'A & <B>'], { env })
    expect([status, stdout]).toEqual([0, expect.stringContaining('<string>A &amp; &lt;B&gt;</string>')])
    const parsed = spawnSync('python3', ['-c', PRINT_PLIST], { input: stdout })
    expect(JSON.parse(parsed.stdout.toString())).toEqual([
      'com.apple.security.root',
      'com.apple.wifi.managed',
      { AcceptEAPTypes: [21], TLSTrustedServerNames: ['radius.test'] },
    ])
  })
})

const PRINT_PLIST = `
import json, plistlib, sys
root, wifi = plistlib.loads(sys.stdin.buffer.read())['PayloadContent']
eap = wifi['EAPClientConfiguration']
assert eap['PayloadCertificateAnchorUUID'] == [root['PayloadUUID']] and root['PayloadContent'][0] == 0x30
print(json.dumps([root['PayloadType'], wifi['PayloadType'], {k: eap[k] for k in ('AcceptEAPTypes', 'TLSTrustedServerNames')}]))`

async function enroll(user: string): Promise<void> {
  const input = JSON.stringify({
    type: 'hotp',
    user,
    serial: user.toUpperCase(),
    secretHex: SECRET_HEX,
    pin: '1234',
  })
  expect(await run(['token', 'enroll', '--input', '-'], { env, stdin: input })).toMatchObject({ status: 0 })
}
