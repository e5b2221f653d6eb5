import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, describe, expect, test } from '@jest/globals'
import { type Config, ConfigError, describeDatabase, readConfig } from '../../src/config/config.ts'
import { resolveSecrets } from '../../src/config/secrets.ts'
import { Secret } from '../../src/secret.ts'

const directory = mkdtempSync(join(tmpdir(), 'sallyport-config-'))
afterAll(() => rmSync(directory, { recursive: true }))
const file = join(directory, 'sallyport.toml')
const example = resolve(import.meta.dirname, '../../config/sallyport.example.toml')
const SECRET = 'correct horse battery'
const CORRECT_FILE = `Correct ${file} and try again; config/sallyport.example.toml explains every key.`

type Env = Record<string, string>

function read(toml: string, env: Env = {}): Config {
  writeFileSync(file, toml, { mode: 0o640 })
  return readConfig({ file, env, cwd: '/' })
}

function client(lines: string): string {
  return `[[radius.clients]]\nname = "vpn"\naddress = "10.0.0.1"\n${lines}`
}

function errorOf(action: () => unknown): ConfigError {
  try {
    action()
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Secrets are compared too; `inspect` shows none. */
function revealed(value: unknown): unknown {
  if (value instanceof Secret) return `secret:${Buffer.from(value.reveal()).toString()}`
  if (Array.isArray(value)) return value.map(revealed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, revealed(part)]))
}

const LOCALHOST_NETWORKS = [
  { bits: 32, value: 0x7f000001n, prefix: 32, text: '127.0.0.1' },
  { bits: 128, value: 1n, prefix: 128, text: '::1' },
]

function defaultsIn(base: string): unknown {
  return {
    file: null,
    server: {
      node: hostname(),
      dataDir: `${base}/data`,
      masterKeyFile: `${base}/data/master.key`,
      workers: 1,
    },
    database: { url: `secret:sqlite:${base}/data/sallyport.db`, cachedTokens: 1_000_000 },
    radius: {
      listen: [
        { host: '127.0.0.1', port: 1812 },
        { host: '::1', port: 1812 },
      ],
      rejectDelayMs: 1000,
      duplicateWindowMs: 30_000,
      clients: [
        {
          name: 'localhost',
          networks: LOCALHOST_NETWORKS,
          secret: { file: `${base}/data/localhost.secret` },
          requireMessageAuthenticator: true,
          limitProxyState: true,
          mschap: false,
          challenge: null,
          otpOnly: false,
          reply: [],
          eap: true,
        },
      ],
      usesLocalhostClient: true,
      groups: {},
      dictionary: {},
    },
    radsec: {
      listen: [],
      certificateFile: null,
      keyFile: null,
      caFile: null,
      versions: ['1.0', '1.1'],
      idleTimeoutMs: 600_000,
      maxConnections: 1024,
      maxConnectionsPerClient: 64,
    },
    accounting: {
      listen: [
        { host: '127.0.0.1', port: 1813 },
        { host: '::1', port: 1813 },
      ],
      keepMs: 30 * 86_400_000,
    },
    admin: { socket: `${base}/data/admin.sock`, role: 'admin', sockets: [] },
    console: {
      listen: { host: '127.0.0.1', port: 8443 },
      isDefault: true,
      tls: true,
      certificateFile: null,
      keyFile: null,
      url: null,
      idleMs: 15 * 60_000,
      sessionMs: 10 * 3_600_000,
      selfService: { enroll: true, setPin: true, resync: true, lost: 'disable', password: true },
    },
    tokens: {
      digits: 6,
      window: 10,
      syncWindow: 1000,
      totpWindow: 2,
      totpSyncWindow: 100,
      maxFail: 10,
      autoResync: true,
      autoResyncTimeoutMs: 240_000,
      pinStorage: 'mac',
      resetFailCounters: 'token',
      unlockAfterMs: 0,
    },
    eap: { resumeForMs: 28_800_000 },
    limits: {
      account: { burst: 20, perSecond: 1 },
      source: { burst: 10_000, perSecond: 10_000 },
    },
    metrics: { listen: null },
    log: { level: 'info', format: 'text' },
    warnings: [],
  }
}

describe('what is read', () => {
  test('without a file, every setting has its default, and paths count from the working directory', () => {
    expect(revealed(readConfig({ file: null, env: {}, cwd: '/srv' }))).toEqual(defaultsIn('/srv'))
  })

  test('an empty file gives the defaults, with paths from its own directory', () => {
    expect(revealed(read(''))).toEqual({ ...(defaultsIn(directory) as object), file })
  })

  test('the example gives the defaults', () => {
    const config = readConfig({ file: example, env: {}, cwd: '/' })
    expect(revealed(config)).toEqual({ ...(defaultsIn(resolve(example, '..')) as object), file: example })
  })

  test('the example with every line enabled gives the same, but for its clients, the node, TLS, the metrics and a warning', () => {
    const enabled = readFileSync(example, 'utf8').replace(/^# (?=[a-z_]+ = |\[\[)/gm, '')
    const { radius, server, warnings, ...rest } = revealed(read(enabled)) as Config
    const defaults = defaultsIn(directory) as Config
    expect({ ...rest, server, radius: { ...radius, clients: [] } }).toEqual({
      database: defaults.database,
      radsec: {
        ...defaults.radsec,
        listen: [{ host: '0.0.0.0', port: 2083 }],
        certificateFile: join(directory, 'radsec.pem'),
        keyFile: join(directory, 'radsec.key'),
        caFile: join(directory, 'radsec_clients.pem'),
      },
      accounting: defaults.accounting,
      admin: {
        ...defaults.admin,
        sockets: [
          { path: '/run/sallyport-helpdesk/admin.sock', role: 'helpdesk', group: 'helpdesk', mode: 0o660 },
        ],
      },
      console: {
        ...defaults.console,
        isDefault: false,
        certificateFile: join(directory, 'console.pem'),
        keyFile: join(directory, 'console.key'),
        url: 'https://otp.example.org',
      },
      tokens: defaults.tokens,
      eap: defaults.eap,
      limits: defaults.limits,
      metrics: { listen: { host: '127.0.0.1', port: 9812 } },
      log: defaults.log,
      file,
      server: { ...defaults.server, node: 'a' },
      radius: { ...defaults.radius, clients: [], usesLocalhostClient: false },
    })
    expect(radius.clients.map(({ name, reply }) => [name, reply.length])).toEqual([
      ['vpn', 2],
      ['office', 3],
      ['branch', 0],
    ])
    expect(warnings).toEqual([
      'client "vpn": the secret has 9 characters; use 16 or more, such as the output of: openssl rand -base64 24',
    ])
  })

  test('the example names every key', () => {
    const named = [...readFileSync(example, 'utf8').matchAll(/^# ([a-z_]+) = /gm)].map(([, key]) => key)
    const tables = [
      'server',
      'database',
      'radius',
      'radsec',
      'accounting',
      'admin',
      'console',
      'tokens',
      'eap',
      'limits',
      'metrics',
      'log',
    ]
    const toml = `x = 1\n${tables.map((table) => `[${table}]\nx = 1\n`).join('')}[[radius.clients]]\nx = 1\n[[radius.groups]]\nx = 1\n[[admin.sockets]]\nx = 1`
    const problems = errorOf(() => read(toml)).message
    const known = [...problems.matchAll(/known here: (.*)$/gm)].flatMap(([, keys]) => keys!.split(', '))
    // A client has a key of that name too.
    const isKey = (key: string) => key === 'eap' || ![...tables, 'clients', 'groups', 'sockets'].includes(key)
    expect(new Set(named)).toEqual(new Set(known.filter(isKey)))
  })

  const rows: {
    name: string
    toml?: string
    env?: Env
    pick: (config: Config) => unknown
    expect: unknown
  }[] = [
    {
      name: 'relative paths count from the directory of the file',
      toml: '[server]\ndata_dir = "state"\nmaster_key_file = "../k"\n[admin]\nsocket = "a.sock"\n[database]\nurl = "sqlite:db"',
      pick: ({ server, admin, database }) => [
        server.dataDir,
        server.masterKeyFile,
        admin.socket,
        database.url,
      ],
      expect: [
        `${directory}/state`,
        resolve(directory, '../k'),
        `${directory}/a.sock`,
        `secret:sqlite:${directory}/db`,
      ],
    },
    {
      name: 'what is not set stands in data_dir',
      toml: '[server]\ndata_dir = "/var/lib/s"',
      pick: ({ server, admin, database }) => [server.masterKeyFile, admin.socket, database.url],
      expect: ['/var/lib/s/master.key', '/var/lib/s/admin.sock', 'secret:sqlite:/var/lib/s/sallyport.db'],
    },
    {
      name: 'sqlite:///FILE is an absolute path too',
      toml: '[database]\nurl = "sqlite:///srv/s.db"',
      pick: ({ database }) => database.url,
      expect: 'secret:sqlite:/srv/s.db',
    },
    {
      name: 'durations are in seconds there and in milliseconds here',
      toml: '[radius]\nreject_delay = 0.25\nduplicate_window = 1\n[tokens]\nauto_resync_timeout = 60\nunlock_after = 900',
      pick: ({ radius, tokens }) => [
        radius.rejectDelayMs,
        radius.duplicateWindowMs,
        tokens.autoResyncTimeoutMs,
        tokens.unlockAfterMs,
      ],
      expect: [250, 1000, 60_000, 900_000],
    },
    {
      name: 'listen takes IPv4, IPv6 in brackets, zones, and one address with two ports',
      toml: '[radius]\nlisten = ["0.0.0.0:1812", "[::]:1812", "[2001:DB8:0::1]:1645", "0.0.0.0:1645", "[fe80::1%eth0]:1812"]',
      pick: ({ radius }) => radius.listen.map(({ host, port }) => `${host} ${port}`),
      expect: ['0.0.0.0 1812', ':: 1812', '2001:db8::1 1645', '0.0.0.0 1645', 'fe80::1%eth0 1812'],
    },
    {
      name: 'accounting listens on the next ports, unless one is taken',
      toml: '[radius]\nlisten = ["0.0.0.0:1812", "[::]:1645", "[::]:1646", "127.0.0.1:0", "127.0.0.2:65535"]',
      pick: ({ accounting }) => accounting.listen.map(({ host, port }) => `${host} ${port}`),
      expect: ['0.0.0.0 1813', ':: 1647', '127.0.0.1 0'],
    },
    {
      name: 'accounting elsewhere, and for a day',
      toml: '[accounting]\nlisten = ["127.0.0.1:1646"]\nkeep = "24h"',
      pick: ({ accounting }) => accounting,
      expect: { listen: [{ host: '127.0.0.1', port: 1646 }], keepMs: 86_400_000 },
    },
    {
      name: 'accounting off',
      toml: '[accounting]\nlisten = []',
      pick: ({ accounting }) => accounting.listen,
      expect: [],
    },
    {
      name: 'where clients take Disconnect-Requests',
      toml: [
        'name = "a"\naddress = "10.0.0.1"\ndisconnect = "10.0.0.9:3799"',
        'name = "b"\naddress = "10.0.0.2"\ndisconnect_port = 3799',
      ]
        .map((lines) => `[[radius.clients]]\n${lines}\nsecret = "${SECRET}"`)
        .join('\n'),
      pick: ({ radius }) => radius.clients.map(({ disconnect }) => disconnect),
      expect: [{ host: '10.0.0.9', port: 3799 }, 3799],
    },
    {
      name: 'a client with everything set',
      toml: `[[radius.clients]]\nname = "vpn"\naddress = ["10.0.0.0/24", "::ffff:192.0.2.7", "2001:DB8::/64"]\nsecret_file = "vpn.secret"\nlimit_proxy_state = false\nmschap = true\neap = false\nchallenge = true\nprompt = "Tokencode: "`,
      pick: ({ radius }) =>
        ({
          ...radius,
          clients: radius.clients.map((c) => ({ ...c, networks: c.networks.map((n) => n.text) })),
        }).clients,
      expect: [
        {
          name: 'vpn',
          networks: ['10.0.0.0/24', '192.0.2.7', '2001:db8::/64'],
          secret: { file: `${directory}/vpn.secret` },
          requireMessageAuthenticator: true,
          limitProxyState: false,
          mschap: true,
          challenge: {
            otp: 'Tokencode: ',
            nextOtp: 'Wait for the next code, then enter it: ',
            newPin: 'Choose a new PIN, not the old one: ',
            repeatPin: 'New PIN once more: ',
          },
          otpOnly: false,
          reply: [],
          eap: false,
        },
      ],
    },
    {
      name: 'a variable stands above the file; a text needs no quotes, the rest is TOML',
      toml: '[log]\nlevel = "debug"\n[tokens]\ndigits = 8',
      env: {
        SALLYPORT_LOG__LEVEL: 'warn',
        SALLYPORT_TOKENS__DIGITS: '6',
        SALLYPORT_TOKENS__AUTO_RESYNC: 'false',
        SALLYPORT_RADIUS__REJECT_DELAY: '0.5',
        SALLYPORT_RADIUS__LISTEN: '["127.0.0.1:0"]',
        SALLYPORT_RADIUS__CLIENTS: `[{name="lan", address="10.0.0.0/8", secret="${SECRET}"}]`,
        SALLYPORT_DATABASE__URL: 'postgres://sallyport:p%40ss@db/sallyport',
        SALLYPORT_SERVER__NODE: 'b',
      },
      pick: (c) => [
        c.log.level,
        c.tokens.digits,
        c.tokens.autoResync,
        c.radius.rejectDelayMs,
        c.radius.listen,
        c.radius.clients.map(({ name, secret }) => [name, secret]),
        c.database.url,
        c.server.node,
        c.warnings,
      ],
      expect: [
        'warn',
        6,
        false,
        500,
        [{ host: '127.0.0.1', port: 0 }],
        [['lan', { value: `secret:${SECRET}` }]],
        'secret:postgres://sallyport:p%40ss@db/sallyport',
        'b',
        [],
      ],
    },
    {
      name: 'workers on PostgreSQL',
      toml: '[server]\nworkers = 4\n[database]\nurl = "postgresql://sallyport@db/sallyport"',
      pick: ({ server }) => server.workers,
      expect: 4,
    },
    {
      name: 'a limit of 0 a second is none, whatever its burst',
      toml: '[limits]\naccount_rate = 0\naccount_burst = 5\nsource_rate = 0.5',
      pick: ({ limits }) => limits,
      expect: { account: null, source: { burst: 10_000, perSecond: 0.5 } },
    },
    {
      name: 'limits and metrics by variables',
      env: { SALLYPORT_LIMITS__ACCOUNT_RATE: '2.5', SALLYPORT_METRICS__LISTEN: '[::1]:9812' },
      pick: ({ limits, metrics }) => [limits.account, metrics.listen],
      expect: [
        { burst: 20, perSecond: 2.5 },
        { host: '::1', port: 9812 },
      ],
    },
    {
      name: 'SALLYPORT_CONFIG, SALLYPORT_SOCKET and what Kubernetes sets are not settings',
      env: {
        SALLYPORT_CONFIG: '/x',
        SALLYPORT_SOCKET: '/y',
        SALLYPORT_SERVICE_HOST: '10.0.0.1',
        SALLYPORT_PORT_1812_UDP: 'udp://10.0.0.1',
      },
      pick: ({ admin }) => admin.socket,
      expect: `${directory}/data/admin.sock`,
    },
  ]
  test.each(rows)('$name', (row) => {
    expect(revealed(row.pick(read(row.toml ?? '', row.env)))).toEqual(row.expect)
  })

  test('nothing of it can be changed', () => {
    const config = read(client(`secret = "${SECRET}"`))
    const parts = [
      config,
      config.server,
      config.radius,
      config.radius.listen,
      config.radius.listen[0],
      config.radius.clients[0],
      config.radius.clients[0]!.networks[0],
      config.warnings,
    ]
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true))
  })
})

const NETWORKS =
  'allowed: an IPv4 or IPv6 address ("10.0.0.7", "2001:db8::7") or a network ("10.0.0.0/24", "2001:db8::/64")'
const ENDPOINTS = 'allowed: "ADDRESS:PORT" with an IP address, such as "0.0.0.0:1812" or "[::]:1812"'
const PROMPT_ALLOWED = 'allowed: a text of 1 to 253 octets in UTF-8 without control characters'
const BLOCKS = 'allowed: one [[radius.clients]] block for each client'

describe('what is refused, by the whole message', () => {
  const rows: { name: string; given: string; env?: Env; expect: string | string[] }[] = [
    {
      name: 'an unknown section',
      given: '[radios]\nx = 1',
      expect: 'radios is not a known key; did you mean radius?',
    },
    {
      name: 'an unknown section like no other',
      given: '[cluster]',
      expect:
        'cluster is not a known key; known here: server, database, radius, radsec, accounting, admin, console, tokens, eap, limits, metrics, log',
    },
    {
      name: 'a slip of the finger',
      given: '[log]\nlevl = "info"',
      expect: 'log.levl is not a known key; did you mean log.level?',
    },
    {
      name: 'a hyphen for an underscore',
      given: '[tokens]\nmax-fail = 3',
      expect: 'tokens.max-fail is not a known key; did you mean tokens.max_fail?',
    },
    {
      name: 'an unknown key like no other',
      given: '[log]\ncolour = true',
      expect: 'log.colour is not a known key; known here: level, format',
    },
    {
      name: 'a key above its section',
      given: 'listen = []',
      expect: 'listen is not a known key; it belongs under [radius]',
    },
    {
      name: 'a key after the clients, where TOML takes it for theirs',
      given: client(`secret = "${SECRET}"\nreject_delay = 1`),
      expect: 'radius.clients[0].reject_delay is not a known key; it belongs under [radius]',
    },
    {
      name: 'a client written in the singular',
      given: '[[radius.client]]',
      expect: 'radius.client is not a known key; did you mean radius.clients?',
    },
    {
      name: 'a misspelt secret, without its value',
      given: client(`secrt = "${SECRET}"`),
      expect: [
        'radius.clients[0].secrt is not a known key; did you mean radius.clients[0].secret?',
        'radius.clients[0] ("vpn") has no secret; add secret = "…" (the one set on the device, 16 characters or more) or secret_file = "PATH"',
      ],
    },
    {
      name: 'a value for a section',
      given: 'log = "info"',
      expect: 'log is "info"; allowed: a table, written as a [section]',
    },
    {
      name: 'a text for a number',
      given: '[tokens]\nwindow = "10"',
      expect: 'tokens.window is "10"; allowed: a whole number from 1 to 100',
    },
    {
      name: 'a number for a text',
      given: '[server]\nnode = 1',
      expect: 'server.node is 1; allowed: a name of 1 to 64 visible characters without spaces',
    },
    {
      name: 'a date',
      given: '[server]\nnode = 2026-01-01',
      expect: 'server.node is a date; allowed: a name of 1 to 64 visible characters without spaces',
    },
    {
      name: 'workers on SQLite',
      given: '[server]\nworkers = 2\n[database]\nurl = "sqlite:s.db"',
      expect:
        'server.workers is 2; one process owns the file of SQLite; allowed: 1, or any number with PostgreSQL in database.url',
    },
    {
      name: 'workers without a database named, which is SQLite',
      given: '[server]\nworkers = 3',
      expect:
        'server.workers is 3; one process owns the file of SQLite; allowed: 1, or any number with PostgreSQL in database.url',
    },
    {
      name: 'no workers at all',
      given: '[server]\nworkers = 0',
      expect: 'server.workers is 0; allowed: a whole number from 1 to 64',
    },
    {
      name: 'a fraction',
      given: '[tokens]\nwindow = 2.5',
      expect: 'tokens.window is 2.5; allowed: a whole number from 1 to 100',
    },
    {
      name: 'not a number',
      given: '[radius]\nreject_delay = nan',
      expect: 'radius.reject_delay is NaN; allowed: a number of seconds from 0 to 60',
    },
    {
      name: 'an endless number',
      given: '[tokens]\nunlock_after = inf',
      expect:
        'tokens.unlock_after is Infinity; allowed: a number of seconds from 0 to 31536000 (0 = until reset)',
    },
    { name: 'digits between', given: '[tokens]\ndigits = 7', expect: 'tokens.digits is 7; allowed: 6 or 8' },
    {
      name: 'window 0',
      given: '[tokens]\nwindow = 0',
      expect: 'tokens.window is 0; allowed: a whole number from 1 to 100',
    },
    {
      name: 'window 101',
      given: '[tokens]\nwindow = 101',
      expect: 'tokens.window is 101; allowed: a whole number from 1 to 100',
    },
    {
      name: 'sync_window too far',
      given: '[tokens]\nsync_window = 10001',
      expect: 'tokens.sync_window is 10001; allowed: a whole number from 1 to 10000',
    },
    {
      name: 'sync_window within window',
      given: '[tokens]\nwindow = 50\nsync_window = 49',
      expect: 'tokens.sync_window is 49; must be at least tokens.window (50)',
    },
    {
      name: 'totp_sync_window within totp_window',
      given: '[tokens]\ntotp_sync_window = 1',
      expect: 'tokens.totp_sync_window is 1; must be at least tokens.totp_window (2)',
    },
    {
      name: 'totp_window too far',
      given: '[tokens]\ntotp_window = 101',
      expect: ['tokens.totp_window is 101; allowed: a whole number from 0 to 100'],
    },
    {
      name: 'totp_sync_window within a larger totp_window',
      given: '[tokens]\ntotp_window = 100\ntotp_sync_window = 99',
      expect: 'tokens.totp_sync_window is 99; must be at least tokens.totp_window (100)',
    },
    {
      name: 'max_fail below 0',
      given: '[tokens]\nmax_fail = -1',
      expect: 'tokens.max_fail is -1; allowed: a whole number from 0 to 1000 (0 = no limit)',
    },
    {
      name: 'auto_resync_timeout 0',
      given: '[tokens]\nauto_resync_timeout = 0',
      expect: 'tokens.auto_resync_timeout is 0; allowed: a number of seconds from 1 to 86400',
    },
    {
      name: 'a word for yes',
      given: '[tokens]\nauto_resync = "yes"',
      expect: 'tokens.auto_resync is "yes"; allowed: true or false',
    },
    {
      name: 'a negative rate',
      given: '[limits]\naccount_rate = -1',
      expect: 'limits.account_rate is -1; allowed: a number a second from 0 to 1000 (0 = no limit)',
    },
    {
      name: 'a bucket that holds nothing',
      given: '[limits]\nsource_burst = 0',
      expect: 'limits.source_burst is 0; allowed: a whole number from 1 to 1000000',
    },
    {
      name: 'a port without its address',
      given: '[metrics]\nlisten = "9812"',
      expect:
        'metrics.listen is "9812"; allowed: "ADDRESS:PORT" with an IP address, such as "0.0.0.0:1812" or "[::]:1812"',
    },
    {
      name: 'a port that is no text',
      given: '[metrics]\nlisten = 9812',
      expect: 'metrics.listen is 9812; allowed: "ADDRESS:PORT", such as "127.0.0.1:9812"',
    },
    {
      name: 'an unknown word',
      given: '[tokens]\nreset_fail_counters = "all"',
      expect: 'tokens.reset_fail_counters is "all"; allowed: "token", "account"',
    },
    {
      name: 'an unknown level',
      given: '[log]\nlevel = "trace"',
      expect: 'log.level is "trace"; allowed: "error", "warn", "info", "debug"',
    },
    {
      name: 'an empty path',
      given: '[server]\ndata_dir = ""',
      expect: 'server.data_dir is empty; allowed: the path of a directory',
    },
    {
      name: 'a node name with a space',
      given: '[server]\nnode = "a b"',
      expect: 'server.node is "a b"; allowed: a name of 1 to 64 visible characters without spaces',
    },
    {
      name: 'a control character in what is shown',
      given: '[log]\nformat = "\\u001b[31m\\u202e"',
      expect: 'log.format is "\\u001b[31m\u{fffd}"; allowed: "text", "json"',
    },
    {
      name: 'reject_delay too long',
      given: '[radius]\nreject_delay = 61',
      expect: 'radius.reject_delay is 61; allowed: a number of seconds from 0 to 60',
    },
    {
      name: 'a reject delay that outlasts the memory of its request',
      given: '[radius]\nreject_delay = 4\nduplicate_window = 4',
      expect:
        'radius.duplicate_window is 4; must be longer than radius.reject_delay (4), or a request sent again during the delay is decided twice',
    },
    {
      name: 'a reject delay that outlasts the default memory',
      given: '[radius]\nreject_delay = 30',
      expect:
        'radius.duplicate_window is 30 by default; must be longer than radius.reject_delay (30), or a request sent again during the delay is decided twice',
    },
    {
      name: 'accounting on the port of authentication',
      given: '[accounting]\nlisten = ["127.0.0.1:1813", "127.0.0.1:1812", "127.0.0.1:1813"]',
      expect: [
        'accounting.listen[1] is the same as radius.listen[0]; accounting has a port of its own',
        'accounting.listen[2] is the same as accounting.listen[0]; accounting has a port of its own',
      ].join(`\n${file}: `),
    },
    {
      name: 'sessions kept for a text without a unit',
      given: '[accounting]\nkeep = "30"',
      expect: 'accounting.keep is "30"; allowed: hours or days, such as "12h" or "30d"',
    },
    {
      name: 'a client with two places for Disconnect-Requests',
      given: client(`secret = "${SECRET}"\ndisconnect = "10.0.0.1:3799"\ndisconnect_port = 3799`),
      expect: 'radius.clients[0] ("vpn") has both disconnect and disconnect_port; keep one of them',
    },
    {
      name: 'a client with a host name for Disconnect-Requests',
      given: client(`secret = "${SECRET}"\ndisconnect = "gw.example.org:3799"`),
      expect: `radius.clients[0].disconnect of "vpn" is "gw.example.org:3799"; ${ENDPOINTS}`,
    },
    {
      name: 'one listen address without a list',
      given: '[radius]\nlisten = "0.0.0.0:1812"',
      expect: 'radius.listen is "0.0.0.0:1812"; allowed: a list such as ["127.0.0.1:1812", "[::1]:1812"]',
    },
    {
      name: 'an empty list of addresses',
      given: '[radius]\nlisten = []',
      expect: 'radius.listen is an empty list; allowed: at least one address, such as ["0.0.0.0:1812"]',
    },
    {
      name: 'a host name',
      given: '[radius]\nlisten = ["localhost:1812"]',
      expect: `radius.listen[0] is "localhost:1812"; ${ENDPOINTS}`,
    },
    {
      name: 'a missing port',
      given: '[radius]\nlisten = ["127.0.0.1"]',
      expect: `radius.listen[0] is "127.0.0.1"; ${ENDPOINTS}`,
    },
    {
      name: 'a port as a number',
      given: '[radius]\nlisten = [1812]',
      expect: `radius.listen[0] is 1812; ${ENDPOINTS}`,
    },
    {
      name: 'IPv6 without brackets',
      given: '[radius]\nlisten = ["::1:1812"]',
      expect: 'radius.listen[0] is "::1:1812"; an IPv6 address stands in brackets: "[::1]:1812"',
    },
    {
      name: 'a port too high',
      given: '[radius]\nlisten = ["127.0.0.1:65536"]',
      expect: 'radius.listen[0] is "127.0.0.1:65536"; the port must be from 1 to 65535',
    },
    {
      name: 'the same address twice, in two spellings',
      given: '[radius]\nlisten = ["[::1]:1812", "[0:0:0:0:0:0:0:1]:1812"]',
      expect: 'radius.listen[1] is the same as radius.listen[0]; remove one of them',
    },
    {
      name: 'one client in single brackets',
      given: '[radius.clients]\nname = "vpn"',
      expect: `radius.clients is a table; ${BLOCKS}`,
    },
    {
      name: 'a client that is a text, without its value',
      given: `[radius]\nclients = ["${SECRET}"]`,
      expect: `radius.clients[0] is a text (not shown); ${BLOCKS}`,
    },
    {
      name: 'a client without a name',
      given: `[[radius.clients]]\naddress = "10.0.0.1"\nsecret = "${SECRET}"`,
      expect:
        'radius.clients[0].name is missing; allowed: a name of 1 to 64 visible characters without spaces',
    },
    {
      name: 'a client without an address',
      given: `[[radius.clients]]\nname = "vpn"\nsecret = "${SECRET}"`,
      expect: `radius.clients[0].address of "vpn" is missing; ${NETWORKS}`,
    },
    {
      name: 'a client with an empty list of addresses',
      given: `[[radius.clients]]\nname = "vpn"\naddress = []\nsecret = "${SECRET}"`,
      expect: 'radius.clients[0].address of "vpn" is an empty list; allowed: at least one address or network',
    },
    {
      name: 'neither secret nor secret_file',
      given: client(''),
      expect:
        'radius.clients[0] ("vpn") has no secret; add secret = "…" (the one set on the device, 16 characters or more) or secret_file = "PATH"',
    },
    {
      name: 'both secret and secret_file',
      given: client(`secret = "${SECRET}"\nsecret_file = "s"`),
      expect: 'radius.clients[0] ("vpn") has both secret and secret_file; keep one of them',
    },
    {
      name: 'an empty secret',
      given: client('secret = ""'),
      expect:
        'radius.clients[0].secret of "vpn" is empty; allowed: a text of at least 1 character, better 16 or more',
    },
    {
      name: 'a secret without quotes, without its value',
      given: client('secret = 12345678'),
      expect:
        'radius.clients[0].secret of "vpn" is a number (not shown); allowed: a text of at least 1 character, better 16 or more',
    },
    {
      name: 'a wrong word for Message-Authenticator',
      given: client(`secret = "${SECRET}"\nrequire_message_authenticator = "no"`),
      expect:
        'radius.clients[0].require_message_authenticator of "vpn" is "no"; allowed: true, "auto" or false',
    },
    {
      name: '"auto" for a network',
      given: `[[radius.clients]]\nname = "lan"\naddress = ["10.0.0.1", "10.1.0.0/16"]\nsecret = "${SECRET}"\nrequire_message_authenticator = "auto"`,
      expect:
        'radius.clients[0].require_message_authenticator of "lan" is "auto"; what one machine of 10.1.0.0/16 sends says nothing of the others; allowed: true or false, or one client for each address',
    },
    {
      name: 'challenge and otp_only together',
      given: client(`secret = "${SECRET}"\nchallenge = true\notp_only = true`),
      expect:
        'radius.clients[0] ("vpn") has both challenge and otp_only; keep the one that says who checks the first factor: this server, or another',
    },
    {
      name: 'a prompt of more than 253 octets',
      given: client(`secret = "${SECRET}"\nchallenge = true\nprompt = "${'ü'.repeat(127)}"`),
      expect: `radius.clients[0].prompt of "vpn" is "${'ü'.repeat(79)}…"; ${PROMPT_ALLOWED}`,
    },
    {
      name: 'a prompt of two lines',
      given: client(`secret = "${SECRET}"\nchallenge = true\nnew_pin_prompt = "a\\nb"`),
      expect: `radius.clients[0].new_pin_prompt of "vpn" is "a\\nb"; ${PROMPT_ALLOWED}`,
    },
    {
      name: 'a prompt of blanks',
      given: client(`secret = "${SECRET}"\nchallenge = true\nprompt = " "`),
      expect: `radius.clients[0].prompt of "vpn" is " "; ${PROMPT_ALLOWED}`,
    },
    {
      name: 'two clients of one name',
      given: `${client(`secret = "${SECRET}"`)}\n${client(`secret = "${SECRET}"`).replace('.1"', '.2"')}`,
      expect: 'radius.clients[1].name is also the name of radius.clients[0]; give each client its own',
    },
    {
      name: 'one network for two clients, in two spellings',
      given: `${client(`secret = "${SECRET}"`)}\n[[radius.clients]]\nname = "b"\naddress = "::ffff:10.0.0.1"\nsecret = "${SECRET}"`,
      expect:
        'radius.clients[1].address of "b" names 10.0.0.1 like radius.clients[0] ("vpn"); remove one of them',
    },
    {
      name: 'one network twice in a client',
      given: `[[radius.clients]]\nname = "b"\naddress = ["10.0.0.0/8", "10.0.0.0/8"]\nsecret = "${SECRET}"`,
      expect: 'radius.clients[0].address of "b" names 10.0.0.0/8 twice; remove one of them',
    },
    {
      name: 'an unknown database',
      given: '[database]\nurl = "mysql://root:hunter2@db/x"',
      expect:
        'database.url is of an unknown kind; allowed: "sqlite:FILE" or "postgres://USER:PASSWORD@HOST/DATABASE"',
    },
    {
      name: 'a database in memory',
      given: '[database]\nurl = "sqlite::memory:"',
      expect:
        'database.url does not name a file; allowed: "sqlite:FILE", such as "sqlite:/var/lib/sallyport/sallyport.db"',
    },
    {
      name: 'sqlite with two slashes',
      given: '[database]\nurl = "sqlite://data/x.db"',
      expect:
        'database.url does not name a file; allowed: "sqlite:FILE", such as "sqlite:/var/lib/sallyport/sallyport.db"',
    },
    {
      name: 'a postgres address that cannot be read',
      given: '[database]\nurl = "postgres://u:hunter#2@db/x"',
      expect:
        'database.url cannot be read (not shown: it may hold a password); allowed: "postgres://USER:PASSWORD@HOST/DATABASE", with / ? # @ % in the password written as %2F %3F %23 %40 %25',
    },
    ...['#', '/', '?'].map((character) => ({
      name: `a password of which "${character}" would make a port and a path`,
      given: `[database]\nurl = "postgres://u:12${character}hunter@db/x"`,
      expect: 'database.url has "/", "?" or "#" in its password (not shown); write them as %2F, %3F and %23',
    })),
    {
      name: 'postgres without a database',
      given: '[database]\nurl = "postgres://u:hunter2@db"',
      expect: 'database.url names no database; allowed: "postgres://USER:PASSWORD@HOST/DATABASE"',
    },
    {
      name: 'a database that is no text',
      given: '[database]\nurl = 5',
      expect:
        'database.url is a number (not shown); allowed: "sqlite:FILE" or "postgres://USER:PASSWORD@HOST/DATABASE"',
    },
    {
      name: 'several things at once, one per line',
      given: `[log]\nlevel = "loud"\ncolour = true\n[tokens]\ndigits = 5\nwindow = 0\n${client('secret = ""')}`,
      expect: [
        'radius.clients[0].secret of "vpn" is empty; allowed: a text of at least 1 character, better 16 or more',
        'tokens.digits is 5; allowed: 6 or 8',
        'tokens.window is 0; allowed: a whole number from 1 to 100',
        'log.level is "loud"; allowed: "error", "warn", "info", "debug"',
        'log.colour is not a known key; known here: level, format',
      ],
    },
  ]
  test.each(rows)('$name', ({ given, expect: expected }) => {
    const { message, hint } = errorOf(() => read(given))
    expect({ message, hint }).toEqual({
      message: [expected]
        .flat()
        .map((line) => `${file}: ${line}`)
        .join('\n'),
      hint: CORRECT_FILE,
    })
  })

  const addresses: { given: string; expect: string }[] = [
    { given: 'vpn.example.com', expect: NETWORKS },
    { given: '10.0.0', expect: NETWORKS },
    { given: '010.0.0.1', expect: NETWORKS },
    { given: '10.0.0.256', expect: NETWORKS },
    { given: '10.0.0.0-10.0.0.9', expect: NETWORKS },
    { given: '10.0.0.0/8/8', expect: NETWORKS },
    { given: '10.0.0.0/33', expect: 'the number after "/" must be from 0 to 32' },
    { given: '10.0.0.0/', expect: 'the number after "/" must be from 0 to 32' },
    { given: '2001:db8::/129', expect: 'the number after "/" must be from 0 to 128' },
    { given: '::ffff:10.0.0.0/24', expect: 'the number after "/" must be from 96 to 128' },
    {
      given: '10.0.0.7/24',
      expect: 'bits are set after /24; write "10.0.0.0/24" for the network or "10.0.0.7" for the one machine',
    },
    {
      given: '2001:db8::1/64',
      expect:
        'bits are set after /64; write "2001:db8::/64" for the network or "2001:db8::1" for the one machine',
    },
    { given: '0.0.0.0', expect: 'no client has this address; write "0.0.0.0/0" for every one' },
    { given: '::', expect: 'no client has this address; write "::/0" for every one' },
    { given: 'fe80::1%eth0', expect: 'leave out the zone: "fe80::1"' },
  ]
  test.each(addresses)('address = "$given"', ({ given, expect: expected }) => {
    const toml = client(`secret = "${SECRET}"`).replace('"10.0.0.1"', `"${given}"`)
    const { message } = errorOf(() => read(toml))
    expect(message).toBe(`${file}: radius.clients[0].address of "vpn" is "${given}"; ${expected}`)
  })

  const syntax: { name: string; given: string; expect: string }[] = [
    {
      name: 'a text without quotes',
      given: '[log]\nlevel = warn',
      expect: 'line 2, column 9: invalid value',
    },
    {
      name: 'a secret without quotes, without its value',
      given: client(`secret = ${SECRET}`),
      expect: 'line 4, column 10: invalid value',
    },
    {
      name: 'a quote that is never closed',
      given: client(`secret = "${SECRET}`),
      expect: 'line 4, column 10: unfinished string',
    },
    {
      name: 'a key that stands twice',
      given: '[log]\nlevel = "info"\nlevel = "warn"',
      expect: 'line 3, column 1: trying to redefine an already defined table or value',
    },
    {
      name: 'a name that JavaScript gives a meaning',
      given: '[__proto__]\nx = 1',
      expect: 'line 1, column 2: document contains an unsafe property',
    },
  ]
  test.each(syntax)('TOML: $name', ({ given, expect: expected }) => {
    const { message, hint } = errorOf(() => read(given))
    expect({ message, hint }).toEqual({
      message: `${file}: ${expected}`,
      hint: 'Look at that line: a text stands in "quotes", a list in [brackets], and each key stands once.',
    })
  })

  const variables: { name: string; env: Env; expect: string }[] = [
    {
      name: 'a bad value, by the name of the variable',
      env: { SALLYPORT_TOKENS__DIGITS: '7' },
      expect: 'SALLYPORT_TOKENS__DIGITS: tokens.digits is 7; allowed: 6 or 8',
    },
    {
      name: 'an unset variable that a script sets empty',
      env: { SALLYPORT_LOG__LEVEL: '' },
      expect: 'SALLYPORT_LOG__LEVEL: log.level is empty; allowed: "error", "warn", "info", "debug"',
    },
    {
      name: 'a number with a unit',
      env: { SALLYPORT_RADIUS__REJECT_DELAY: '1s' },
      expect:
        'SALLYPORT_RADIUS__REJECT_DELAY: radius.reject_delay is not a TOML value; write a number, true or false, without a unit',
    },
    {
      name: 'more than a value',
      env: { SALLYPORT_TOKENS__DIGITS: '6\nx = 1' },
      expect:
        'SALLYPORT_TOKENS__DIGITS: tokens.digits is not a TOML value; write a number, true or false, without a unit',
    },
    {
      name: 'a list without brackets',
      env: { SALLYPORT_RADIUS__LISTEN: '0.0.0.0:1812' },
      expect: `SALLYPORT_RADIUS__LISTEN: radius.listen is not a TOML value; write '["127.0.0.1:1812", "[::1]:1812"]'`,
    },
    {
      name: 'clients in JSON, without their secret',
      env: { SALLYPORT_RADIUS__CLIENTS: `[{"name": "vpn", "secret": "${SECRET}"}]` },
      expect: `SALLYPORT_RADIUS__CLIENTS: radius.clients is not a TOML value; write '[{name = "vpn", address = "10.0.0.0/24", secret = "…"}]'`,
    },
    {
      name: 'a misspelt key',
      env: { SALLYPORT_TOKENS__DIGIT: '6' },
      expect: 'SALLYPORT_TOKENS__DIGIT is not a known setting; did you mean SALLYPORT_TOKENS__DIGITS?',
    },
    {
      name: 'an unknown key',
      env: { SALLYPORT_CACHE__SIZE: '6' },
      expect:
        'SALLYPORT_CACHE__SIZE is not a known setting; name it SALLYPORT_SECTION__KEY after a key of the configuration file',
    },
    {
      name: 'one underscore',
      env: { SALLYPORT_DATABASE_URL: 'sqlite:x' },
      expect: 'SALLYPORT_DATABASE_URL is not a known setting; did you mean SALLYPORT_DATABASE__URL?',
    },
  ]
  test.each(variables)('environment: $name', ({ env, expect: expected }) => {
    const { message, hint } = errorOf(() => readConfig({ file: null, env, cwd: '/' }))
    expect({ message, hint }).toEqual({
      message: expected,
      hint: 'Correct the environment variables and try again; config/sallyport.example.toml explains every key.',
    })
  })

  test('a file that is not there', () => {
    const { message, hint } = errorOf(() => readConfig({ file: 'none.toml', env: {}, cwd: directory }))
    expect({ message, hint }).toEqual({
      message: `${directory}/none.toml: the configuration cannot be read: no such file`,
      hint: 'Name another file with --config FILE or SALLYPORT_CONFIG, or copy config/sallyport.example.toml there.',
    })
  })

  test('a directory', () => {
    const { message } = errorOf(() => readConfig({ file: directory, env: {}, cwd: '/' }))
    expect(message).toBe(`${directory}: the configuration cannot be read: it is a directory`)
  })

  test('a path too long for a Unix socket', () => {
    const socket = `/${'s'.repeat(107)}`
    const { message, hint } = errorOf(() => read(`[admin]\nsocket = "${socket}"`))
    expect({ message, hint }).toEqual({
      message: `${file}: admin.socket is "${socket}"; the path of a Unix socket has at most 107 octets, this has 108`,
      hint: 'Set admin.socket to a shorter path, such as "/run/sallyport/admin.sock".',
    })
  })
})

describe('what is warned of', () => {
  const rows: { name: string; given: string; expect: string[] }[] = [
    { name: 'nothing in an ordinary client', given: client(`secret = "${SECRET}"`), expect: [] },
    {
      name: 'a short secret, without its value',
      given: client('secret = "testing123"'),
      expect: [
        'client "vpn": the secret has 10 characters; use 16 or more, such as the output of: openssl rand -base64 24',
      ],
    },
    {
      name: 'a secret with a space at its end',
      given: client('secret = "0123456789abcdef "'),
      expect: [
        'client "vpn": the secret begins or ends with white space, which counts; remove it if the device has none',
      ],
    },
    {
      name: 'require_message_authenticator = false',
      given: client(`secret = "${SECRET}"\nrequire_message_authenticator = false`),
      expect: [
        'client "vpn": with require_message_authenticator = false its logins can be forged by whoever sits on the path (CVE-2024-3596, "BlastRADIUS"); update the device, then set true',
      ],
    },
    {
      name: 'require_message_authenticator = "auto"',
      given: client(`secret = "${SECRET}"\nrequire_message_authenticator = "auto"`),
      expect: [
        'client "vpn": with require_message_authenticator = "auto" its logins can be forged by whoever sits on the path (CVE-2024-3596, "BlastRADIUS") until it first sends Message-Authenticator; then set true',
      ],
    },
    {
      name: 'mschap = true',
      given: client(`secret = "${SECRET}"\nmschap = true`),
      expect: [
        'client "vpn": with mschap = true, whoever records a login on its way finds the PIN in it; set the device to PAP, or let it come over TLS only',
      ],
    },
    {
      name: 'a reject delay that no client waits for',
      given: '[radius]\nreject_delay = 10',
      expect: ['radius.reject_delay is 10 s, but most RADIUS clients give up after 3 to 5 s; use 1 to 3'],
    },
  ]
  test.each(rows)('$name', ({ given, expect: expected }) => {
    expect(read(given).warnings).toEqual(expected)
  })

  const readable: { name: string; given: string; env?: Env; expect: string[] }[] = [
    {
      name: 'holds a secret',
      given: client(`secret = "${SECRET}"`),
      expect: [`${file} holds secrets and every user of this machine can read it; run: chmod o= ${file}`],
    },
    {
      name: "holds the database's password",
      given: '[database]\nurl = "postgres://u:p@db/x"',
      expect: [`${file} holds secrets and every user of this machine can read it; run: chmod o= ${file}`],
    },
    { name: 'holds none', given: client('secret_file = "s"'), expect: [] },
    {
      name: 'leaves them to the environment',
      given: '',
      env: { SALLYPORT_DATABASE__URL: 'postgres://u:p@db/x' },
      expect: [],
    },
  ]
  test.each(readable)('a file that everyone can read and that $name', ({ given, env, expect: expected }) => {
    const path = join(directory, 'readable.toml')
    writeFileSync(path, given)
    chmodSync(path, 0o644)
    const lines = readConfig({ file: path, env: env ?? {}, cwd: '/' }).warnings
    expect(lines).toEqual(expected.map((line) => line.replaceAll(file, path)))
  })
})

describe('secrets in files', () => {
  const secretFile = join(directory, 'vpn.secret')
  const config = () => read(client('secret_file = "vpn.secret"'))
  const write = (content: string | Uint8Array, mode = 0o600) => {
    writeFileSync(secretFile, content)
    chmodSync(secretFile, mode)
  }

  const contents: { name: string; given: string; expect: string }[] = [
    { name: 'as it stands', given: SECRET, expect: SECRET },
    { name: 'without the line break at its end', given: `${SECRET}\n`, expect: SECRET },
    { name: 'without the line break of a Windows editor', given: `${SECRET}\r\n`, expect: SECRET },
    { name: 'with UTF-8', given: 'Schlüssel für das VPN', expect: 'Schlüssel für das VPN' },
  ]
  test.each(contents)('a secret is read $name', ({ given, expect: expected }) => {
    write(given)
    const { clients, warnings } = resolveSecrets(config())
    expect([revealed(clients.map(({ secret }) => secret)), warnings]).toEqual([[`secret:${expected}`], []])
  })

  test('a secret in the configuration is passed on', () => {
    const { clients } = resolveSecrets(read(client(`secret = "${SECRET}"`)))
    expect(revealed(clients.map(({ name, secret }) => [name, secret]))).toEqual([['vpn', `secret:${SECRET}`]])
  })

  test('only one line break is taken away', () => {
    write(`${SECRET}\n\n`)
    expect(resolveSecrets(config()).warnings).toEqual([
      'client "vpn": the secret begins or ends with white space, which counts; remove it if the device has none',
    ])
  })

  test('a short secret is warned of', () => {
    write('x\n')
    expect(resolveSecrets(config()).warnings).toEqual([
      'client "vpn": the secret has 1 character; use 16 or more, such as the output of: openssl rand -base64 24',
    ])
  })

  test.each([{ mode: 0o640 }, { mode: 0o604 }])('a file with mode $mode is warned of', ({ mode }) => {
    write(SECRET, mode)
    expect(resolveSecrets(config()).warnings).toEqual([
      `client "vpn": other users of this machine can read ${secretFile}; run: chmod 600 ${secretFile}`,
    ])
  })

  const HINT =
    'Write the secret that is set on the device into that file, on one line, and let only the server read it (chmod 600).'
  const broken: { name: string; given: () => void; expect: string }[] = [
    {
      name: 'no file',
      given: () => rmSync(secretFile, { force: true }),
      expect: 'cannot be read: no such file',
    },
    { name: 'an empty file', given: () => write('\n'), expect: 'is empty' },
    {
      name: 'the wrong file',
      given: () => write('x'.repeat(2000)),
      expect: 'has 2000 octets; a shared secret has at most 1024',
    },
  ]
  test.each(broken)('$name is refused', ({ given, expect: expected }) => {
    given()
    const { message, hint } = errorOf(() => resolveSecrets(config()))
    expect({ message, hint }).toEqual({
      message: `${file}: client "vpn": secret_file ${secretFile} ${expected}`,
      hint: HINT,
    })
  })

  test('a device is not read', () => {
    const { message } = errorOf(() => resolveSecrets(read(client('secret_file = "/dev/zero"'))))
    expect(message).toBe(`${file}: client "vpn": secret_file /dev/zero cannot be read: it is not a file`)
  })
})

describe('secrets do not show', () => {
  test('in the configuration when it is printed', () => {
    const config = read(`[database]\nurl = "postgres://u:hunter2@db/x"\n${client(`secret = "${SECRET}"`)}`)
    const shown =
      inspect(config, { depth: 10, showHidden: true }) +
      JSON.stringify(config, (_, v) => (typeof v === 'bigint' ? String(v) : v))
    expect(shown).not.toMatch(/hunter2|correct horse/)
  })

  const rows: { name: string; given: string; expect: string }[] = [
    { name: 'SQLite as it is', given: 'sqlite:/srv/s.db', expect: 'sqlite:/srv/s.db' },
    {
      name: 'PostgreSQL without the password',
      given: 'postgres://u:hunter2@db:5433/x',
      expect: 'postgres://u@db:5433/x',
    },
    {
      name: 'a socket',
      given: 'postgresql:///x?host=/run/postgresql',
      expect: 'postgresql:///x?host=/run/postgresql',
    },
    {
      name: 'a password among the parameters',
      given: 'postgres://u@db/x?password=hunter2&sslmode=require',
      expect: 'postgres://u@db/x?sslmode=require',
    },
  ]
  test.each(rows)('describeDatabase: $name', ({ given, expect: expected }) => {
    expect(describeDatabase(new Secret(given))).toBe(expected)
  })
})
