/** A server that cannot start says why and what to do, in a line or two, ends with the right status and holds nothing. */
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { PROGRAM, type Ran, run } from '../cli/run_sallyport.ts'
import { DATABASES } from '../support/databases.ts'
import { hotp, secretOf } from './otp.ts'
import { CLIENT_SECRET, TestServer } from './server.ts'

let server: TestServer
afterEach(() => server?.close())

/** The shape of every refusal: its first lines the message, the last a hint, and nothing of the program's inside. */
function expectRefusal(ran: Ran, status: number, message: RegExp, hint: RegExp): void {
  const lines = ran.stderr.split('\n').filter((line) => line !== '' && !/^\d{4}-.* warn /.test(line))
  expect({ status: ran.status, stdout: ran.stdout, stderr: lines }).toEqual({
    status,
    stdout: '',
    stderr: [
      ...lines.slice(0, -1).map(() => expect.stringMatching(/^sallyport: /)),
      expect.not.stringMatching(/^sallyport: /),
    ],
  })
  expect(lines.length).toBeGreaterThanOrEqual(2)
  expect(lines.slice(0, -1).join('\n')).toMatch(message)
  expect(lines.at(-1)).toMatch(hint)
  expect(ran.stderr).not.toMatch(/^ +at |node:internal|file:\/\/|Error:|\[object|undefined/m)
  expect(ran.stderr).not.toContain(CLIENT_SECRET)
}

describe('a bad configuration is refused with status 2, and makes nothing', () => {
  test.each([
    {
      name: 'no such file',
      text: null,
      says: /sallyport\.toml: the configuration cannot be read: no such file/,
    },
    { name: 'no TOML', text: '[radius\nlisten = 1', says: /line 1, column/ },
    { name: 'a repeated key', text: '[log]\nlevel="info"\nlevel="warn"', says: /line 3/ },
    {
      name: 'an unknown section',
      text: '[radios]',
      says: /radios is not a known key; did you mean radius\?/,
    },
    {
      name: 'an unknown key',
      text: '[radius]\nlisen = []',
      says: /radius\.lisen is not a known key; did you mean radius\.listen\?/,
    },
    { name: 'a key of another section', text: '[radius]\nmax_fail = 3', says: /it belongs under \[tokens\]/ },
    {
      name: 'a wrong type',
      text: '[tokens]\nmax_fail = "10"',
      says: /tokens\.max_fail is "10"; allowed: a whole number/,
    },
    {
      name: 'an impossible value',
      text: '[tokens]\ndigits = 7',
      says: /tokens\.digits is 7; allowed: 6 or 8/,
    },
    { name: 'a section that is a value', text: 'radius = 1', says: /radius is 1; allowed: a table/ },
    {
      name: 'no address to listen on',
      text: '[radius]\nlisten = []',
      says: /radius\.listen is an empty list/,
    },
    {
      name: 'an address without a port',
      text: '[radius]\nlisten = ["127.0.0.1"]',
      says: /radius\.listen\[0\]/,
    },
    {
      name: 'a port that is none',
      text: '[radius]\nlisten = ["127.0.0.1:65536"]',
      says: /radius\.listen\[0\]/,
    },
    {
      name: 'a database of another kind',
      text: '[database]\nurl = "mysql://h/d"',
      says: /database\.url .*unknown kind/,
    },
    {
      name: 'a client without a secret',
      text: '[[radius.clients]]\nname="v"\naddress="10.0.0.1"',
      says: /has no secret/,
    },
    {
      name: 'a client without a name',
      text: '[[radius.clients]]\naddress="10.0.0.1"\nsecret="s"',
      says: /name is missing/,
    },
    {
      name: 'a client with a broken address',
      text: '[[radius.clients]]\nname="v"\naddress="10.0.0.1/33"\nsecret="s"',
      says: /radius\.clients\[0\]\.address/,
    },
    {
      name: 'an empty secret',
      text: '[[radius.clients]]\nname="v"\naddress="10.0.0.1"\nsecret=""',
      says: /secret of "v" is empty/,
    },
    {
      name: 'a secret file that is not there',
      text: '[[radius.clients]]\nname="v"\naddress="10.0.0.1"\nsecret_file="missing"',
      says: /secret_file .*missing cannot be read: no such file/,
      opens: true,
    },
    {
      name: 'two clients of one address',
      text: '[[radius.clients]]\nname="v"\naddress="10.0.0.1"\nsecret="s"\n[[radius.clients]]\nname="w"\naddress="10.0.0.1"\nsecret="s"',
      says: /names 10\.0\.0\.1 like/,
    },
    {
      name: '"auto" for a network',
      text: '[[radius.clients]]\nname="v"\naddress="10.0.0.0/8"\nsecret="s"\nrequire_message_authenticator="auto"',
      says: /says nothing of the others/,
    },
    {
      name: 'a window for copies that is shorter than the reject delay',
      text: '[radius]\nreject_delay = 60\nduplicate_window = 30',
      says: /duplicate_window .*must be longer/,
    },
    {
      name: 'a log level that is none',
      text: '[log]\nlevel = "verbose"',
      says: /allowed: "error", "warn", "info", "debug"/,
    },
    { name: 'two mistakes', text: '[log]\nlevel = 1\nformat = 2', says: /log\.level.*\n.*log\.format/ },
  ])('$name', async ({ text, says, opens = false }) => {
    server = await TestServer.prepare()
    if (text === null) rmSync(server.configFile)
    else server.writeConfig(text)
    expectRefusal(await server.startAndFail(), 2, says, /./)
    if (!opens) expect(readdirSync(server.directory)).toEqual(text === null ? [] : ['sallyport.toml'])
  })

  test('an environment variable is named as the place of the mistake', async () => {
    server = await TestServer.prepare()
    const ran = await server.startAndFail({ SALLYPORT_TOKENS__DIGITS: '7' })
    expectRefusal(ran, 2, /SALLYPORT_TOKENS__DIGITS: tokens\.digits is 7; allowed: 6 or 8/, /./)
  })

  test('a password in a database URL is not repeated', async () => {
    server = await TestServer.prepare()
    server.configure({ database: { url: 'postgres://sally:pa/ss@word@host/db' } })
    const ran = await server.startAndFail()
    expectRefusal(ran, 2, /database\.url/, /./)
    expect(ran.stderr).not.toMatch(/pa\/ss|word@/)
  })
})

describe('a place that cannot be used', () => {
  test('a data directory under a regular file', async () => {
    server = await TestServer.prepare({ settings: { server: { data_dir: './file/data' } } })
    writeFileSync(join(server.directory, 'file'), '')
    expectRefusal(
      await server.startAndFail(),
      1,
      /the data directory .*file\/data cannot be written: a file is in the way/,
      /set server\.data_dir/,
    )
  })

  test('a data directory that is a file', async () => {
    server = await TestServer.prepare()
    writeFileSync(join(server.directory, 'data'), '')
    expectRefusal(
      await server.startAndFail(),
      1,
      /the data directory .*data (is not a directory|cannot be written)/,
      /server\.data_dir/,
    )
  })

  const uid = process.getuid?.() === 0 ? 65_534 : undefined
  const runsAsOther = spawnSync(PROGRAM, ['--version'], { uid, cwd: '/' }).status === 0
  const asOther = runsAsOther ? test : test.skip
  if (!runsAsOther) console.warn('bad_starts: skipped where nobody (65534) may not read this directory')

  asOther('a data directory of somebody else', async () => {
    server = await TestServer.prepare()
    chmodSync(server.directory, 0o755)
    chmodSync(server.configFile, 0o644)
    mkdirSync(join(server.directory, 'data'), { mode: 0o500 })
    chmodSync(join(server.directory, 'data'), 0o555)
    const ran = spawnSync(PROGRAM, ['serve'], {
      uid,
      cwd: '/',
      env: server.env,
      encoding: 'utf8',
      timeout: 10_000,
    })
    expectRefusal(
      ran,
      1,
      /the data directory .*data cannot be written: permission denied/,
      /let the user that runs the server own it/,
    )
  })

  asOther('a SQLite file of somebody else', async () => {
    server = await TestServer.prepare()
    server.configure({ database: { url: `sqlite:${join(server.directory, 'closed', 'sallyport.db')}` } })
    chmodSync(server.directory, 0o777)
    chmodSync(server.configFile, 0o644)
    mkdirSync(join(server.directory, 'closed'))
    chmodSync(join(server.directory, 'closed'), 0o555)
    const ran = spawnSync(PROGRAM, ['serve'], {
      uid,
      cwd: '/',
      env: server.env,
      encoding: 'utf8',
      timeout: 10_000,
    })
    expectRefusal(ran, 1, /closed\/sallyport\.db.*(cannot be written|permission denied)/, /./)
  })

  test('a UDP port that another program has', async () => {
    const other = createSocket('udp4').bind({ address: '127.0.0.1', port: 0, exclusive: true })
    await once(other, 'listening')
    const { port } = other.address()
    server = await TestServer.prepare({ settings: { radius: { listen: [`127.0.0.1:${port}`] } } })
    expectRefusal(
      await server.startAndFail(),
      1,
      new RegExp(`127\\.0\\.0\\.1:${port} is in use by another program`),
      /ss -ulnp/,
    )
    expect(existsSync(join(server.directory, 'data', 'admin.sock'))).toBe(false)
    other.close()
    await once(other, 'close')
    await server.start()
  })

  test('an address that this system does not have', async () => {
    server = await TestServer.prepare({ settings: { radius: { listen: ['192.0.2.77:0'] } } })
    expectRefusal(await server.startAndFail(), 1, /this system has no address 192\.0\.2\.77/, /ip address/)
  })
})

describe('the admin socket', () => {
  test('of a server that runs is not taken, and goes on to serve', async () => {
    server = await TestServer.start()
    const second = await TestServer.prepare({
      settings: { admin: { socket: join(server.directory, 'data', 'admin.sock') } },
    })
    try {
      expectRefusal(
        await second.startAndFail(),
        1,
        /another server listens on .*admin\.sock/,
        /stop it first/,
      )
      expect(await server.sallyport(['token', 'list'])).toMatchObject({ status: 0 })
    } finally {
      await second.close()
    }
  })

  test('of a server that was killed is replaced', async () => {
    server = await TestServer.start()
    await server.stop('SIGKILL')
    expect(existsSync(join(server.directory, 'data', 'admin.sock'))).toBe(true)
    await server.start()
    expect(await server.sallyport(['token', 'list'])).toMatchObject({ status: 0 })
  })

  test('is not put where something else is', async () => {
    server = await TestServer.prepare()
    mkdirSync(join(server.directory, 'data'))
    writeFileSync(join(server.directory, 'data', 'admin.sock'), 'precious')
    expectRefusal(
      await server.startAndFail(),
      1,
      /admin\.sock is where the admin socket goes, but it is not a socket/,
      /move it away/,
    )
  })
})

describe('the database', () => {
  test('SQLite: a second server on the file of a running one', async () => {
    server = await TestServer.start()
    const second = await TestServer.prepare({ database: server.database })
    try {
      expectRefusal(
        await second.startAndFail(),
        1,
        /another server has .*sallyport\.db open/,
        /stop it first/,
      )
    } finally {
      await second.close()
    }
  })

  test('SQLite: a file that is no database, and is left as it is', async () => {
    server = await TestServer.prepare()
    const file = join(server.database.directory!, 'sallyport.db')
    writeFileSync(file, 'my thesis, chapter one '.repeat(100))
    expectRefusal(
      await server.startAndFail(),
      1,
      /sallyport\.db is not a SQLite database/,
      /restore a backup/,
    )
    expect(existsSync(join(server.directory, 'data', 'master.key'))).toBe(false)
    expect(readdirSync(server.database.directory!).filter((name) => !name.endsWith('.lock'))).toEqual([
      'sallyport.db',
    ])
  })

  test('PostgreSQL that nobody runs', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as { port: number }
    closed.close()
    await once(closed, 'close')
    server = await TestServer.prepare()
    server.configure({ database: { url: `postgres://sally:pg-pass-word@127.0.0.1:${port}/sallyport` } })
    const ran = await server.startAndFail()
    expectRefusal(ran, 1, new RegExp(`postgres://127\\.0\\.0\\.1:${port}/sallyport does not answer`), /./)
    expect(ran.stderr).not.toContain('pg-pass-word')
  })

  test('PostgreSQL that takes the connection and says nothing', async () => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1')
    await once(mute, 'listening')
    const { port } = mute.address() as { port: number }
    server = await TestServer.prepare()
    server.configure({ database: { url: `postgres://sally:pg-pass-word@127.0.0.1:${port}/sallyport` } })
    expectRefusal(await server.startAndFail(), 1, /does not answer/, /./)
    mute.close()
  })

  describe.each(DATABASES)('$name', (kind) => {
    let used: TestServer
    const file = (name: string) => join(used.directory, 'data', name)

    beforeAll(async () => {
      used = await TestServer.start({ kind })
      const token = { type: 'hotp', serial: 'B1', user: 'bea', secretHex: secretOf('bea') }
      await used.command('token', 'enroll', token)
      await used.stop()
    })
    afterAll(() => used?.close())

    /** With this in place of the master key, null for none; then the right one is put back. */
    async function startWithKey(key: string | null): Promise<Ran> {
      const right = readFileSync(file('master.key'))
      rmSync(file('master.key'))
      if (key !== null) writeFileSync(file('master.key'), key)
      try {
        return await used.startAndFail()
      } finally {
        if (key === null) expect(existsSync(file('master.key'))).toBe(false)
        writeFileSync(file('master.key'), right)
      }
    }

    test('that was begun with another master key', async () => {
      const ran = await startWithKey(Buffer.alloc(32, 7).toString('base64'))
      const says = /the master key is not the one that this database was begun with/
      expectRefusal(ran, 1, says, /put the right key/)
    })

    test('that was begun with a master key that is missing now: none is made', async () => {
      const says = /the master key .* is missing, and the database has been used with one/
      expectRefusal(await startWithKey(null), 1, says, /backup/)
    })

    test('with a file that is no master key, and is not repeated', async () => {
      const ran = await startWithKey('hunter2')
      expectRefusal(ran, 1, /is not a master key: it must hold 32 octets/, /backup/)
      expect(ran.stderr).not.toContain('hunter2')
    })

    test('of a newer version', async () => {
      await used.database.query("INSERT INTO sallyport_migrations (name, batch) VALUES ('9999_future', 9)")
      const says = /written by a newer Sallyport: it has the schema 9999_future/
      expectRefusal(await used.startAndFail(), 1, says, /newer version/)
      await used.database.query("DELETE FROM sallyport_migrations WHERE name = '9999_future'")
    })

    test('and what was refused left nothing: with the causes taken away it starts and serves', async () => {
      expect(existsSync(file('admin.sock'))).toBe(false)
      await used.start()
      const nas = await used.client()
      expect(await nas.login('bea', hotp({ secretHex: secretOf('bea') }, 0))).toBe('accept')
    })
  })
})

test('no server runs: the CLI says so with status 3', async () => {
  server = await TestServer.prepare()
  expectRefusal(
    await server.sallyport(['token', 'list']),
    3,
    /no server listens on .*admin\.sock/,
    /sallyport serve/,
  )
})

test('serve with a word too many is wrong usage', async () => {
  expect(await run(['serve', 'now'], { env: { PATH: process.env.PATH ?? '' } })).toMatchObject({
    status: 2,
    stdout: '',
  })
})
