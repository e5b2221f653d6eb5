/** `server reload` and SIGHUP: a good configuration takes effect at once, a bad one changes nothing and says why. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { until } from '../support/until.ts'
import { hotp, secretOf } from './otp.ts'
import { TestServer, vpn } from './server.ts'

const TOKEN = { secretHex: secretOf('reload') }
const NEW_CLIENT = vpn({ name: 'second', address: '127.0.0.2', secret: 'another-secret-of-16' })
let server: TestServer

beforeEach(async () => {
  server = await TestServer.start()
  await server.command('token', 'enroll', { type: 'hotp', serial: 'R1', user: 'rita', ...TOKEN })
})
afterEach(() => server?.close())

const WAYS = [
  { way: 'server reload', reload: async () => (await server.sallyport(['server', 'reload'])).status },
  {
    way: 'SIGHUP',
    reload: async () => {
      const before = server.log.length
      server.signal('SIGHUP')
      await until('the reload', () => /reloaded/.test(server.log.slice(before)))
      return server.log.slice(before).includes('not reloaded') ? 1 : 0
    },
  },
]

describe.each(WAYS)('$way', ({ reload }) => {
  test('a new client is admitted, and one that is gone is not', async () => {
    const second = () => server.client({ from: '127.0.0.2', secret: 'another-secret-of-16' })
    const request = (await second()).accessRequest('rita', hotp(TOKEN, 0))
    expect(await (await second()).ask(request, 300)).toBe('silence')
    server.configure({ radius: { clients: [NEW_CLIENT] } })
    expect(await reload()).toBe(0)
    expect(await (await second()).login('rita', hotp(TOKEN, 0))).toBe('accept')
    const first = await server.client()
    expect(await first.ask(first.accessRequest('rita', hotp(TOKEN, 1)), 300)).toBe('silence')
    expect(await server.counters()).toMatchObject({ 'dropped.unknown-client': 2 })
  })

  test('new policies hold for the next login, and new defaults for the next token', async () => {
    const nas = await server.client()
    server.configure({ tokens: { auto_resync: false, digits: 8 } })
    expect(await reload()).toBe(0)
    expect(await nas.login('rita', hotp(TOKEN, 500))).toBe('reject')
    expect(await nas.login('rita', hotp(TOKEN, 501))).toBe('reject')
    const { token } = await server.command('token', 'enroll', { type: 'hotp' })
    expect(token).toMatchObject({ digits: 8 })
  })

  test('a client whose secret has changed is known by the new one only', async () => {
    server.configure({ radius: { clients: [vpn({ secret: 'the-new-secret-of-vpn' })] } })
    expect(await reload()).toBe(0)
    const old = await server.client()
    expect(await old.ask(old.accessRequest('rita', hotp(TOKEN, 0)), 300)).toBe('silence')
    const renewed = await server.client({ secret: 'the-new-secret-of-vpn' })
    expect(await renewed.login('rita', hotp(TOKEN, 0))).toBe('accept')
  })

  test.each([
    { name: 'is no TOML', text: '[radius', says: /line 1/ },
    { name: 'has an unknown key', text: '[radius]\nlisen = 1', says: /radius\.lisen is not a known key/ },
    {
      name: 'names a secret file that is not there',
      text: '[[radius.clients]]\nname="v"\naddress="127.0.0.1"\nsecret_file="missing"',
      says: /missing cannot be read/,
    },
  ])('a file that $name changes nothing, and the log says why', async ({ text, says }) => {
    server.writeConfig(text)
    // 3: without a configuration that can be read, the CLI does not know where the server's socket is, and says so.
    expect([1, 3]).toContain(await reload())
    const reloaded = await server.command('server', 'reload').catch((error: Error) => error.message)
    expect(reloaded).toMatch(says)
    await server.logged(/error the configuration was not reloaded; the old one stays in force error=/)
    expect(server.log).toMatch(says)
    const nas = await server.client()
    expect(await nas.login('rita', hotp(TOKEN, 0))).toBe('accept')
  })
})

test('what takes a restart is said, and does not take effect', async () => {
  server.configure({ server: { node: 'renamed' }, database: { url: 'sqlite:./other.db' } })
  const { warnings } = await server.command('server', 'reload')
  expect(warnings).toEqual([
    'server has changed: it takes effect at the next start',
    'database.url has changed: it takes effect at the next start',
  ])
  expect(await server.command('server', 'status')).toMatchObject({ node: 'a' })
})
