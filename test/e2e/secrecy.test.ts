/** After a run that used known secrets, none of them is anywhere but where it was told once; and who may read the files. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { DATABASES, type TestDatabase } from '../support/databases.ts'
import { base32, hotp, totp } from './otp.ts'
import { CLIENT_SECRET, TestServer, vpn } from './server.ts'

const HOTP_SECRET = '5ec2e7c0ffee5ec2e7c0ffee5ec2e7c0ffee5ec2'
const TOTP_SECRET = '70707070c0dec0dec0dec0de70707070c0dec0de'
const PINS = ['Zebra-pin-4711', 'Okapi-pin-0815', 'Wrong-pin-3141']
const NEW_CLIENT_SECRET = 'client-secret-after-reload'
const HOTP8 = { secretHex: HOTP_SECRET, digits: 8 } as const
const TOTP8 = { secretHex: TOTP_SECRET, digits: 8 } as const

describe.each(DATABASES)('with $name', (kind) => {
  let server: TestServer
  /** What the CLI and the API said, but for what told a secret on purpose. */
  const said: string[] = []
  const otps: string[] = []
  const secrets: Record<string, Buffer> = {}

  beforeAll(async () => {
    server = await TestServer.start({ kind, settings: { log: { level: 'debug' } } })
    const otp = (counter: number) => {
      otps.push(hotp(HOTP8, counter))
      return otps.at(-1)!
    }
    const run = async (args: readonly string[], stdin = '') => {
      const { stdout, stderr } = await server.sallyport(args, stdin)
      said.push(stdout, stderr)
      return stdout
    }
    const enroll = {
      type: 'hotp',
      serial: 'X1',
      user: 'xena',
      secretHex: HOTP_SECRET,
      digits: 8,
      pin: PINS[0],
    }
    await server.sallyport(['token', 'enroll', '--input', '-'], JSON.stringify(enroll))
    await server.sallyport(
      ['token', 'enroll', '--input', '-'],
      JSON.stringify({ type: 'totp', serial: 'X2', user: 'xaver', secret: base32(TOTP_SECRET), digits: 8 }),
    )
    // Once more: a conflict, which must not repeat what it was given.
    await run(['token', 'enroll', '--input', '-'], JSON.stringify(enroll))
    await run(
      ['token', 'enroll', '--input', '-'],
      JSON.stringify({ ...enroll, serial: 'X3', colour: PINS[0] }),
    )
    await run(
      ['token', 'enroll', '--input', '-'],
      JSON.stringify({ ...enroll, serial: 'X3', secret: HOTP_SECRET }),
    )
    await run(['token', 'enroll', '--input', '-'], `{"pin":"${PINS[0]}", broken ${HOTP_SECRET}`)

    const nas = await server.client()
    const now = totp(TOTP8)
    otps.push(now)
    const answers = [
      await nas.login('xena', PINS[0] + otp(0)),
      await nas.login('xena', PINS[0] + otp(0)),
      await nas.login('xena', PINS[2] + otp(1)),
      await nas.login('nobody', PINS[0] + otp(1)),
      await nas.login('xaver', now),
    ]
    expect(answers).toEqual(['accept', 'reject', 'reject', 'reject', 'accept'])
    const stranger = await server.client({ secret: 'not-the-secret-at-all' })
    await stranger.ask(stranger.accessRequest('xena', PINS[0] + otp(2)), 100)
    nas.send(nas.accessRequest('xena', PINS[0] + otp(2)).octets.subarray(0, 60))

    await run(['login', 'check', 'xena', '--password-stdin'], `${PINS[0]}${otp(3)}\n`)
    await run(['login', 'check', 'xena', '--password-stdin'], `${PINS[2]}${otp(4)}\n`)
    await run(['token', 'resync', 'X1', otp(50), otp(51)])
    await run(['token', 'resync', 'X1', otp(50), otp(51)])
    await run(['token', 'set-pin', 'X1', '--pin-stdin'], `${PINS[1]}\n`)
    const { password } = JSON.parse((await server.sallyport(['token', 'lost', 'X1', '--json'])).stdout)
    expect(await nas.login('xena', PINS[1] + password)).toBe('accept')

    server.configure({ log: { level: 'debug' }, radius: { clients: [vpn({ secret: NEW_CLIENT_SECRET })] } })
    await run(['server', 'reload'])
    server.writeConfig(
      `[[radius.clients]]\nname = "v"\naddress = "10.0.0.1"\nsecret = "${NEW_CLIENT_SECRET}" oops`,
    )
    server.signal('SIGHUP')
    await server.logged('not reloaded')
    server.configure({ radius: { clients: [vpn({ secret: NEW_CLIENT_SECRET })] } })

    for (const [noun, verb, input] of QUESTIONS) {
      await run([noun, verb, ...Object.values(input)])
      said.push(JSON.stringify(await server.command(noun, verb, input)))
    }
    said.push(...(await Promise.all(BAD_BODIES.map((body) => post(server, body)))))
    await server.stop()
    await server.start()

    secrets['the HOTP secret'] = Buffer.from(HOTP_SECRET, 'hex')
    secrets['the TOTP secret'] = Buffer.from(TOTP_SECRET, 'hex')
    for (const pin of PINS) secrets[`the PIN ${pin}`] = Buffer.from(pin)
    secrets['the temporary password'] = Buffer.from(password)
    secrets["the client's secret"] = Buffer.from(CLIENT_SECRET)
    secrets["the client's new secret"] = Buffer.from(NEW_CLIENT_SECRET)
    secrets['the master key'] = Buffer.from(
      readFileSync(join(server.directory, 'data', 'master.key'), 'utf8'),
      'base64',
    )
    const pgPassword = /:([^:@/]+)@/.exec(server.database.url)?.[1]
    if (pgPassword !== undefined) secrets["the database's password"] = Buffer.from(pgPassword)
    expect(secrets['the master key']!.length).toBe(32)
  }, 60_000)
  afterAll(() => server?.close())

  const QUESTIONS: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
    ['token', 'list', {}],
    ['token', 'show', { serial: 'X1' }],
    ['token', 'show', { serial: 'X2' }],
    ['user', 'list', {}],
    ['user', 'show', { user: 'xena' }],
    ['audit', 'list', {}],
    ['audit', 'verify', {}],
    ['server', 'status', {}],
  ]
  const BAD_BODIES = [
    { path: '/v1/token/enroll', body: `{"type":"hotp","pin":"${PINS[0]}","secretHex":"${HOTP_SECRET}"` },
    { path: '/v1/token/enroll', body: `{"type":"hotp","secret":"${HOTP_SECRET}","pin":"${PINS[0]}"}` },
    { path: '/v1/token/enroll', body: `{"type":"hotp","pin":{"a":"${PINS[0]}"}}` },
    { path: '/v1/token/set-pin', body: `{"serial":"MISSING","pin":"${PINS[0]}"}` },
    { path: '/v1/login/check', body: `{"user":"xena","password":["${PINS[0]}"]}` },
    { path: '/v1/login/check', body: `{"user":"xena","password":"${PINS[0]}${'x'.repeat(200)}"}` },
    { path: '/v1/token/x', body: `{"pin":"${PINS[0]}"}` },
  ]

  const places: { name: string; octets: () => Promise<Buffer> }[] = [
    { name: 'the log', octets: async () => Buffer.from(server.log) },
    { name: 'standard output', octets: async () => Buffer.from(server.stdout) },
    { name: 'what the commands said', octets: async () => Buffer.from(said.join('\n')) },
    { name: 'the audit trail', octets: async () => dump(server.database, ['audit']) },
    { name: 'the database', octets: async () => filesOf(server.database) },
  ]

  test.each(places)('no secret is in $name, however it is written', async ({ octets }) => {
    const text = await octets()
    expect(text.length).toBeGreaterThan(200)
    const found = Object.entries(secrets).flatMap(([name, secret]) =>
      occurrences(text, secret).map((form) => `${name} in ${form}`),
    )
    expect(found).toEqual([])
  })

  test.each(places)('no OTP is in $name', async ({ octets }) => {
    const text = (await octets()).toString('latin1')
    const found = otps.filter((otp) => new RegExp(`(?<![0-9a-zA-Z])${otp}(?![0-9a-zA-Z])`).test(text))
    expect(found).toEqual([])
  })

  test('the search would find them', async () => {
    const key = secrets['the master key']!
    expect(occurrences(readFileSync(join(server.directory, 'data', 'master.key')), key)).toEqual(['base64'])
    expect(occurrences(Buffer.from(`a ${HOTP_SECRET} b`), secrets['the HOTP secret']!)).toEqual([
      'hexadecimal',
    ])
    expect(occurrences(Buffer.from(`a ${base32(HOTP_SECRET)} b`), secrets['the HOTP secret']!)).toEqual([
      'base32',
    ])
    expect(occurrences(readFileSync(server.configFile), Buffer.from(NEW_CLIENT_SECRET))).toEqual(['octets'])
  })
})

describe('only the server reads its files, and only its group speaks to it', () => {
  test('also where the umask lets everybody', async () => {
    const before = process.umask(0)
    const server = await TestServer.prepare()
    try {
      server.configure({ database: { url: 'sqlite:./data/sallyport.db' }, radius: { clients: [] } })
      await server.start()
      const modes = Object.fromEntries(
        ['.', ...readdirSync(join(server.directory, 'data'))].map((name) => [
          name,
          (statSync(join(server.directory, 'data', name)).mode & 0o7777).toString(8),
        ]),
      )
      expect(modes).toEqual({
        '.': '700',
        'admin.sock': '660',
        'localhost.secret': '600',
        'master.key': '600',
        'sallyport.db': '600',
        'sallyport.db-shm': '600',
        'sallyport.db-wal': '600',
        'sallyport.db.lock': '600',
        ...(existsSync(join(server.directory, 'data', 'sallyport.db.lock-journal'))
          ? { 'sallyport.db.lock-journal': '600' }
          : {}),
      })
    } finally {
      process.umask(before)
      await server.close()
    }
  })
})

/** The forms in which `secret` stands in `text`. */
function occurrences(text: Buffer, secret: Buffer): string[] {
  const hex = secret.toString('hex')
  const forms: readonly (readonly [string, Buffer | string])[] = [
    ['octets', secret],
    ['hexadecimal', hex],
    ['upper-case hexadecimal', hex.toUpperCase()],
    ['base32', base32(hex).replace(/=+$/, '')],
    ['base64', secret.toString('base64').replace(/=+$/, '')],
    ['base64url', secret.toString('base64url')],
  ]
  const found = forms.filter(([, form]) => text.includes(form)).map(([name]) => name)
  return found.includes('base64') ? found.filter((name) => name !== 'base64url') : found
}

async function filesOf(database: TestDatabase): Promise<Buffer> {
  if (database.directory === null) return await dump(database, await tablesOf(database))
  const { directory } = database
  return Buffer.concat(readdirSync(directory).map((name) => readFileSync(join(directory, name))))
}

async function tablesOf(database: TestDatabase): Promise<string[]> {
  const rows = await database.query(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
  )
  return rows.map(({ name }) => String(name))
}

/** All values of all rows, octets as they are. */
async function dump(database: TestDatabase, tables: readonly string[]): Promise<Buffer> {
  const rows = (await Promise.all(tables.map((table) => database.query(`SELECT * FROM ${table}`)))).flat()
  const values = rows.flatMap((row) => Object.values(row))
  return Buffer.concat(
    values.flatMap((value) => [
      Buffer.isBuffer(value) ? value : Buffer.from(String(value)),
      Buffer.from('\n'),
    ]),
  )
}

function post(server: TestServer, { path, body }: { path: string; body: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const socketPath = join(server.directory, 'data', 'admin.sock')
    const sent = request({ socketPath, method: 'POST', path }, (response) => {
      let text = `${response.statusCode} `
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve(text))
    })
    sent.on('error', reject).end(body)
  })
}
