import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Config, readConfig } from '../../src/config/config.ts'
import { needsRestart, settingsFrom } from '../../src/server/settings.ts'
import { PIN_KEY } from '../auth/make_token.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-settings-'))
  writeFileSync(join(directory, 'vpn.secret'), 'secret from a file 1234\n', { mode: 0o600 })
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const CLIENT =
  '[[radius.clients]]\nname = "vpn"\naddress = ["10.0.0.0/24", "2001:db8::7"]\nsecret = "0123456789abcdef"\n'

function read(toml: string): Config {
  const file = join(directory, 'sallyport.toml')
  writeFileSync(file, toml, { mode: 0o600 })
  return readConfig({ file, env: {}, cwd: directory })
}

describe('settingsFrom', () => {
  test('carries the rules to where they are needed', () => {
    const settings = settingsFrom(
      read(`[radius]\nreject_delay = 0.25\nduplicate_window = 5\n${CLIENT}
[tokens]
digits = 8
window = 3
sync_window = 33
max_fail = 4
auto_resync = false
auto_resync_timeout = 60
reset_fail_counters = "account"
unlock_after = 900
[limits]
account_rate = 0
source_rate = 7
source_burst = 9
`),
      PIN_KEY,
    )
    const { clients, tokenDefaults, warnings, replies: _, ...rules } = settings
    expect(rules).toEqual({
      radsec: null,
      console: {
        listen: { host: '127.0.0.1', port: 8443 },
        isDefault: true,
        tls: true,
        certificateFile: null,
        keyFile: null,
        url: null,
        idleMs: 900_000,
        sessionMs: 36_000_000,
        selfService: { enroll: true, setPin: true, resync: true, lost: 'disable', password: true },
      },
      eap: { resumeForMs: 28_800_000 },
      policy: {
        pinKey: PIN_KEY,
        autoResync: false,
        autoResyncTimeoutMs: 60_000,
        resetFailCounters: 'account',
        unlockAfterMs: 900_000,
        recordProblem: expect.any(Function),
      },
      rejectDelayMs: 250,
      duplicateWindowMs: 5000,
      limits: { account: null, source: { burst: 9, perSecond: 7 } },
      keepSessionsMs: 30 * 86_400_000,
    })
    expect(tokenDefaults).toMatchObject({
      digits: 8,
      maxFail: 4,
      windows: { hotp: { window: 3, syncWindow: 33 } },
    })
    expect(warnings).toEqual([])
    expect(['10.0.0.9', '2001:db8::7', '10.0.1.1'].map((source) => clients.find(source)?.name)).toEqual([
      'vpn',
      'vpn',
      undefined,
    ])
  })

  test('the defaults are those of the specification', () => {
    const { policy, rejectDelayMs, duplicateWindowMs, tokenDefaults } = settingsFrom(read(CLIENT), PIN_KEY)
    expect({ policy: { ...policy, pinKey: null }, rejectDelayMs, duplicateWindowMs, tokenDefaults }).toEqual({
      policy: {
        pinKey: null,
        autoResync: true,
        autoResyncTimeoutMs: 240_000,
        resetFailCounters: 'token',
        unlockAfterMs: 0,
        recordProblem: expect.any(Function),
      },
      rejectDelayMs: 1000,
      duplicateWindowMs: 30_000,
      tokenDefaults: {
        digits: 6,
        maxFail: 10,
        windows: { hotp: { window: 10, syncWindow: 1000 }, totp: { window: 2, syncWindow: 100 } },
      },
    })
  })

  test('says how PINs are kept from now on', () => {
    const sealing = settingsFrom(read(`${CLIENT}\n[tokens]\npin_storage = "sealed"`), PIN_KEY)
    expect([settingsFrom(read(CLIENT), PIN_KEY), sealing].map(({ policy }) => policy.pinKey)).toEqual([
      PIN_KEY,
      { ...PIN_KEY, storage: 'sealed' },
    ])
  })

  test('reads secret files anew each time, and says which cannot be read', () => {
    const config = read(CLIENT.replace('secret = "0123456789abcdef"', 'secret_file = "vpn.secret"'))
    const secretOf = () =>
      Buffer.from(settingsFrom(config, PIN_KEY).clients.find('10.0.0.1')!.secret.reveal()).toString()
    expect(secretOf()).toBe('secret from a file 1234')
    writeFileSync(join(directory, 'vpn.secret'), 'another secret 1234567\n')
    expect(secretOf()).toBe('another secret 1234567')
    rmSync(join(directory, 'vpn.secret'))
    expect(secretOf).toThrow(/client "vpn": secret_file .*vpn\.secret cannot be read/)
  })
})

describe('needsRestart', () => {
  const rows: { name: string; given: string; expect: string[] }[] = [
    { name: 'nothing', given: CLIENT, expect: [] },
    { name: 'a client', given: CLIENT.replace('10.0.0.0/24', '10.0.1.0/24'), expect: [] },
    { name: 'the rules of tokens', given: `${CLIENT}[tokens]\nmax_fail = 3\n`, expect: [] },
    { name: 'the limits', given: `${CLIENT}[limits]\naccount_rate = 3\n`, expect: [] },
    {
      name: 'where metrics are served',
      given: `${CLIENT}[metrics]\nlisten = "127.0.0.1:9812"\n`,
      expect: ['metrics.listen'],
    },
    { name: 'the log level', given: `${CLIENT}[log]\nlevel = "debug"\n`, expect: [] },
    { name: 'the log format', given: `${CLIENT}[log]\nformat = "json"\n`, expect: ['log.format'] },
    { name: 'the node', given: `${CLIENT}[server]\nnode = "other"\n`, expect: ['server'] },
    {
      name: 'the number of workers',
      given: `${CLIENT}[server]\nworkers = 2\n[database]\nurl = "postgres://sallyport:one@db/sallyport"\n`,
      expect: ['server'],
    },
    {
      name: 'the listeners',
      given: `${CLIENT}[radius]\nlisten = ["127.0.0.1:1645"]\n`.replace(
        /(\[\[radius[\s\S]*)(\[radius\][\s\S]*)/,
        '$2$1',
      ),
      expect: ['radius.listen'],
    },
    {
      name: 'where accounting listens',
      given: `${CLIENT}[accounting]\nlisten = []\n`,
      expect: ['accounting.listen'],
    },
    { name: 'how long sessions are kept', given: `${CLIENT}[accounting]\nkeep = "1d"\n`, expect: [] },
    {
      name: 'the admin socket',
      given: `${CLIENT}[admin]\nsocket = "./other.sock"\n`,
      expect: ['admin.socket'],
    },
    {
      name: 'the database',
      given: `${CLIENT}[database]\nurl = "sqlite:./other.db"\n`,
      expect: ['database.url'],
    },
    {
      name: 'the password of the database',
      given: `${CLIENT}[database]\nurl = "postgres://sallyport:other@db/sallyport"\n`,
      expect: ['database.url'],
    },
  ]
  test.each(rows)('$name: $expect', ({ given, expect: expected }) => {
    const before = read(
      given.includes('postgres:')
        ? `${CLIENT}[database]\nurl = "postgres://sallyport:one@db/sallyport"\n`
        : CLIENT,
    )
    expect(needsRestart(before, read(given))).toEqual(expected)
  })
})
