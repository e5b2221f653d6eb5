/** FreeRADIUS's clients and oathtool against the real server. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sessionKeys } from '../../src/radius/mppe.ts'
import { authenticatorResponse, challengeHash, ntResponse } from '../../src/radius/mschap.ts'
import { ntHash, ntHashHash } from '../../src/radius/nt_hash.ts'
import { secretOf } from '../e2e/otp.ts'
import { CLIENT_SECRET, TestServer, vpn } from '../e2e/server.ts'
import { describeWith, oathtool, runTool } from './tools.ts'

let server: TestServer
beforeAll(async () => {
  server = await TestServer.start({
    settings: {
      radius: { listen: ['127.0.0.1:0', '[::1]:0'], clients: [vpn({ mschap: true, challenge: true })] },
      tokens: { pin_storage: 'sealed' },
    },
  })
})
afterAll(() => server?.close())

function address(listener = 0): string {
  const { host, port } = server.listening[listener]!
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** radclient with Message-Authenticator, as its man page says to ask for one. */
async function radclient(
  attributes: readonly string[],
  { type = 'auth', secret = CLIENT_SECRET, to = address() } = {},
) {
  const input = [...attributes, 'Message-Authenticator = 0x00'].join(', ')
  const { status, output } = await runTool(
    'radclient',
    ['-x', '-r', '1', '-t', '3', to, type, secret],
    `${input}\n`,
  )
  const [, answer = 'nothing'] = /^Received (\S+) Id/m.exec(output) ?? []
  return { status, answer, output }
}

const login = (user: string, password: string) => [`User-Name = "${user}"`, `User-Password = "${password}"`]

async function enroll(serial: string, fields: object = {}): Promise<string> {
  const secretHex = secretOf(serial)
  const token = { type: 'hotp', serial, user: serial, secretHex, pin: '1234', ...fields }
  await server.command('token', 'enroll', token)
  return secretHex
}

describeWith(['radclient', 'oathtool'], 'radclient', () => {
  test('a login by PIN and OTP is accepted, the same OTP again is rejected', async () => {
    const password = `1234${await oathtool(await enroll('rc1'), '--hotp')}`
    const answers = [await radclient(login('rc1', password)), await radclient(login('rc1', password))]
    expect(answers.map(({ status, answer }) => [status, answer])).toEqual([
      [0, 'Access-Accept'],
      [1, 'Access-Reject'],
    ])
    expect(
      answers.map(({ output }) =>
        /Message-Authenticator = 0x[0-9a-f]{32}/.test(output.split('Received')[1]!),
      ),
    ).toEqual([...[true, true]])
  })

  // Of HOTP, oathtool knows SHA-1 only.
  const KINDS = [
    { type: 'hotp', algorithm: 'sha1', options: ['--hotp', '--counter=3'] },
    { type: 'totp', algorithm: 'sha1', options: ['--totp=sha1'] },
    { type: 'totp', algorithm: 'sha256', options: ['--totp=sha256'] },
    { type: 'totp', algorithm: 'sha512', options: ['--totp=sha512'] },
  ].flatMap((kind) => [6, 8].map((digits) => ({ ...kind, digits })))

  test.each(KINDS)('oathtool and we agree on $type with $algorithm and $digits digits', async (kind) => {
    const { type, algorithm, digits, options } = kind
    const serial = `${type}-${algorithm}-${digits}`
    const secretHex = await enroll(serial, { type, algorithm, digits })
    const otp = await oathtool(secretHex, ...options, `--digits=${digits}`)
    expect(await radclient(login(serial, `1234${otp}`))).toMatchObject({ status: 0, answer: 'Access-Accept' })
  })

  test('a secret that we generate is the one that oathtool needs', async () => {
    const { secret } = await server.command('token', 'enroll', { type: 'totp', serial: 'made', user: 'made' })
    const otp = await oathtool(String(secret), '--base32', '--totp')
    expect(await radclient(login('made', otp))).toMatchObject({ status: 0, answer: 'Access-Accept' })
  })

  test('a dialogue: PIN, challenge, OTP', async () => {
    const secretHex = await enroll('rc3')
    const asked = await radclient(login('rc3', '1234'))
    expect(asked).toMatchObject({ answer: 'Access-Challenge' })
    expect(asked.output).toContain('Reply-Message = "One-time code: "')
    const [, state] = /State = (0x[0-9a-f]+)/.exec(asked.output.split('Received')[1]!)!
    const answer = [...login('rc3', await oathtool(secretHex, '--hotp')), `State = ${state}`]
    expect(await radclient(answer)).toMatchObject({ status: 0, answer: 'Access-Accept' })
    expect(await radclient(answer)).toMatchObject({ status: 1, answer: 'Access-Reject' })
  })

  test('CHAP: accepted once', async () => {
    const chap = [
      'User-Name = "rc-chap"',
      `CHAP-Password = "1234${await oathtool(await enroll('rc-chap'), '--hotp')}"`,
    ]
    const answers = [await radclient(chap), await radclient(chap)]
    expect(answers.map(({ answer }) => answer)).toEqual(['Access-Accept', 'Access-Reject'])
  })

  test('MS-CHAP: accepted once, with the keys that the dictionary knows; rejected with the error', async () => {
    const password = `1234${await oathtool(await enroll('rc-ms'), '--hotp')}`
    const mschap = ['User-Name = "rc-ms"', `MS-CHAP-Password = "${password}"`]
    const [first, second] = [await radclient(mschap), await radclient(mschap)]
    expect([first.answer, second.answer]).toEqual(['Access-Accept', 'Access-Reject'])
    const accepted = first.output.split('Received')[1]!
    // 8 octets of LAN Manager's, and the hash of the NT hash, un-hidden by radclient.
    const key = Buffer.from(ntHashHash(ntHash(password))).toString('hex')
    expect(accepted).toContain(`MS-CHAP-MPPE-Keys = 0x${'00'.repeat(8)}${key}`)
    expect(accepted).toContain('MS-MPPE-Encryption-Policy = Encryption-Allowed')
    expect(accepted).toContain('MS-MPPE-Encryption-Types = 4')
    expect(second.output.split('Received')[1]).toMatch(/MS-CHAP-Error = "\S*E=691 R=0"/)
  })

  test('MS-CHAPv2: the reply has the proof and two keys of 16 octets, un-hidden with the secret', async () => {
    const password = `1234${await oathtool(await enroll('rc-ms2'), '--hotp')}`
    const { userName, ...given } = { userName: 'rc-ms2', ...msChapV2Sample('rc-ms2', password) }
    const pairs = [`User-Name = "${userName}"`, ...given.pairs]
    const { answer, output } = await radclient(pairs)
    expect(answer).toBe('Access-Accept')
    const success = Buffer.from(`\x05${given.success}`, 'latin1').toString('hex')
    expect(output).toContain(`MS-CHAP2-Success = 0x${success}`)
    expect(output).toContain(`MS-MPPE-Send-Key = 0x${given.send}`)
    expect(output).toContain(`MS-MPPE-Recv-Key = 0x${given.receive}`)
    expect((await radclient(pairs)).output).toMatch(
      /MS-CHAP-Error = "\S*E=691 R=0 C=[0-9A-F]{32} V=3 M=Authentication failed"/,
    )
  })

  test('Proxy-State comes back', async () => {
    const otp = await oathtool(await enroll('rc2', { pin: undefined }), '--hotp')
    const { output } = await radclient([...login('rc2', otp), 'Proxy-State = 0x616263'])
    expect(output.split('Received')[1]).toContain('Proxy-State = 0x616263')
  })

  test('RFC 5997: Status-Server is answered', async () => {
    expect(await radclient([], { type: 'status' })).toMatchObject({ status: 0, answer: 'Access-Accept' })
  })

  test('with the wrong secret nothing comes back, and the log says why', async () => {
    const wrong = await radclient(login('rc1', '1'), { secret: 'not the secret' })
    expect(wrong).toMatchObject({ status: 1, answer: 'nothing' })
    await server.logged('reason=wrong-message-authenticator')
  }, 20_000)

  test('over IPv6', async () => {
    if (server.listening.length < 2) return
    const otp = await oathtool(await enroll('rc6', { pin: undefined }), '--hotp')
    expect(await radclient(login('rc6', otp), { to: address(1) })).toMatchObject({
      status: 0,
      answer: 'Access-Accept',
    })
  })

  test('a hundred logins, thirty-two at a time', async () => {
    const input: string[] = []
    for (let index = 0; index < 100; index++) {
      const otp = await oathtool(await enroll(`many${index}`, { pin: undefined }), '--hotp')
      input.push([...login(`many${index}`, otp), 'Message-Authenticator = 0x00'].join('\n'))
    }
    const { status, output } = await runTool(
      'radclient',
      ['-p', '32', '-s', '-q', address(), 'auth', CLIENT_SECRET],
      input.join('\n\n'),
    )
    expect(status).toBe(0)
    expect(output).toMatch(/Accepted +: 100/)
  }, 60_000)
})

/** What radclient is to send, which knows version 1 only, and what must come back. */
function msChapV2Sample(userName: string, password: string) {
  const [peer, authenticator] = [Buffer.alloc(16, 3), Buffer.alloc(16, 4)]
  const challenge = challengeHash(peer, authenticator, Buffer.from(userName))
  const response = ntResponse(challenge, password)
  const key = ntHashHash(ntHash(password))
  const { send, receive } = sessionKeys(key, response)
  const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex')
  return {
    pairs: [
      `MS-CHAP-Challenge = 0x${hex(authenticator)}`,
      `MS-CHAP2-Response = 0x0500${hex(peer)}${'00'.repeat(8)}${hex(response)}`,
    ],
    success: authenticatorResponse(key, response, challenge),
    send: hex(send),
    receive: hex(receive),
  }
}

describeWith(['radtest', 'oathtool'], 'radtest', () => {
  test('a login by PIN and OTP is accepted, the same OTP again is rejected', async () => {
    const password = `1234${await oathtool(await enroll('rt1'), '--hotp')}`
    const args = ['rt1', password, address(), '0', CLIENT_SECRET]
    const [first, second] = [await runTool('radtest', args), await runTool('radtest', args)]
    expect(first.output).toContain('Received Access-Accept')
    expect(second.output).toContain('Received Access-Reject')
  })
})
