/** radsecproxy, which many sites have between their devices and TLS: radclient asks it over UDP, and it asks us over TLS. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { blocks } from '../docs/radsec_page.ts'
import { hotp, secretOf } from '../e2e/otp.ts'
import { TestServer, vpn } from '../e2e/server.ts'
import { Authority, type Certificate } from '../support/certificates.ts'
import { freeUdpPort } from '../support/free_port.ts'
import { describeWith, runTool } from './tools.ts'

const SECRET = 'between-device-and-proxy'
const directory = mkdtempSync(join(tmpdir(), 'sallyport-radsecproxy-'))
afterAll(() => rmSync(directory, { recursive: true }))
const TOKEN = { secretHex: secretOf('radsecproxy') }

interface Proxy {
  readonly port: number
  stop(): Promise<void>
}

/** As docs/radsec.md shows it. */
async function startProxy(
  server: TestServer,
  as: Pick<Certificate, 'certFile' | 'keyFile'>,
  ca: Pick<Certificate, 'certFile'>,
): Promise<Proxy> {
  const port = await freeUdpPort()
  const config = join(mkdtempSync(join(directory, 'proxy-')), 'radsecproxy.conf')
  const [asDocumented] = blocks('conf')
  const ours: readonly (readonly [string, string])[] = [
    ['127.0.0.1:1812', `127.0.0.1:${port}`],
    ['/etc/radsecproxy/ca.pem', ca.certFile],
    ['/etc/radsecproxy/branch.pem', as.certFile],
    ['/etc/radsecproxy/branch.key', as.keyFile],
    ['host 192.0.2.1', 'host 127.0.0.1'],
    ['port 2083', `port ${server.listeningTls[0]!.port}`],
  ]
  let text = asDocumented!
  for (const [theirs, own] of ours) {
    expect(text).toContain(theirs)
    text = text.replace(theirs, own)
  }
  writeFileSync(config, text, { mode: 0o600 })
  const child: ChildProcess = spawn('radsecproxy', ['-f', '-c', config])
  const proxy: Proxy = {
    port,
    stop: async () => {
      const ended = once(child, 'close')
      child.kill('SIGTERM')
      await ended
    },
  }
  return proxy
}

async function radclient(proxy: Proxy, attributes: readonly string[]): Promise<string> {
  const input = `${[...attributes, 'Message-Authenticator = 0x00'].join(', ')}\n`
  const args = ['-x', '-r', '1', '-t', '5', `127.0.0.1:${proxy.port}`, 'auth', SECRET]
  const { output } = await runTool('radclient', args, input)
  return /^Received (\S+) Id/m.exec(output)?.[1] ?? `nothing: ${output}`
}

/** It asks after 25 s of quiet, and comes back half a minute after it has lost us. */
async function patiently(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const login = (user: string, password: string) => [`User-Name = "${user}"`, `User-Password = "${password}"`]

describeWith(['radsecproxy', 'radclient', 'openssl'], 'radsecproxy', () => {
  let authority: Authority
  let server: TestServer
  let proxy: Proxy
  let ours: Certificate
  const certFile = join(directory, 'server.pem')
  const keyFile = join(directory, 'server.key')

  beforeAll(async () => {
    authority = new Authority(directory, 'authority')
    ours = authority.issue('radius.example.org', { san: 'DNS:radius.example.org', usage: 'serverAuth' })
    copyFileSync(ours.certFile, certFile)
    copyFileSync(ours.keyFile, keyFile)
    const own = authority.issue('proxy', { san: 'DNS:proxy.example.org', usage: 'clientAuth' })
    server = await TestServer.start({
      settings: {
        radius: {
          listen: ['127.0.0.1:0'],
          reject_delay: 0,
          clients: [vpn(), { name: 'proxy', tls: { name: 'proxy.example.org' } }],
        },
        radsec: {
          listen: ['127.0.0.1:0'],
          certificate_file: certFile,
          key_file: keyFile,
          ca_file: authority.own.certFile,
        },
        limits: { account_rate: 0 },
      },
    })
    const token = { type: 'hotp', serial: 'P1', user: 'pia', pin: '1234', maxFail: 0, ...TOKEN }
    await server.command('token', 'enroll', token)
    proxy = await startProxy(server, own, authority.own)
    await server.logged(/TLS connection client=proxy .* version=radius\/1\.0 protocol=TLSv1\.3/)
  })
  afterAll(async () => {
    await proxy?.stop()
    await server?.close()
  })

  test('a login is accepted, the same OTP again is rejected', async () => {
    const password = `1234${hotp(TOKEN, 0)}`
    expect([
      await radclient(proxy, login('pia', password)),
      await radclient(proxy, login('pia', password)),
    ]).toEqual(['Access-Accept', 'Access-Reject'])
    const { entries } = await server.command('audit', 'list', { user: 'pia', limit: 1 })
    expect(entries).toMatchObject([{ actor: 'client:proxy', source: '127.0.0.1' }])
  })

  test('a hundred logins at a time, on one connection', async () => {
    const many = Array.from({ length: 100 }, (_, i) =>
      [...login(`pia`, i === 50 ? `1234${hotp(TOKEN, 1)}` : '0'), 'Message-Authenticator = 0x00'].join('\n'),
    )
    const args = ['-p', '100', '-s', '-q', '-t', '5', `127.0.0.1:${proxy.port}`, 'auth', SECRET]
    const { output } = await runTool('radclient', args, many.join('\n\n'))
    expect(output).toMatch(/Accepted +: 1$/m)
    expect(output).toMatch(/Rejected +: 99$/m)
    expect(await server.counters()).toMatchObject({ 'radsec.connections': 1, 'radsec.opened': 1 })
  })

  test('goes on after a new certificate and a reload', async () => {
    const renewed = authority.issue('radius.example.org', { san: 'DNS:radius.example.org' })
    copyFileSync(renewed.certFile, certFile)
    copyFileSync(renewed.keyFile, keyFile)
    await server.command('server', 'reload')
    expect(await radclient(proxy, login('pia', `1234${hotp(TOKEN, 2)}`))).toBe('Access-Accept')
    expect(await server.counters()).toMatchObject({ 'radsec.opened': 1 })
  })

  test('one with a certificate of nobody gets no connection, and the log says which it has', async () => {
    const stranger = authority.issue('stranger', { san: 'DNS:stranger.example.org', usage: 'clientAuth' })
    const other = await startProxy(server, stranger, authority.own)
    await server.logged(/TLS connection refused reason=unknown-client .*names=DNS:stranger\.example\.org/)
    await other.stop()
  })

  test('the certificates of docs/radsec.md, made by its commands, are good on both sides', async () => {
    const made = mkdtempSync(join(directory, 'documented-'))
    execFileSync('bash', ['-e'], { input: blocks('sh')[0]!, cwd: made, stdio: ['pipe', 'ignore', 'ignore'] })
    const own = await TestServer.prepare()
    try {
      const [documented] = blocks('toml')
      writeFileSync(join(made, 'sallyport.toml'), documented!.replace('0.0.0.0:2083', '127.0.0.1:0'))
      copyFileSync(join(made, 'sallyport.toml'), own.configFile)
      for (const name of ['radsec.pem', 'radsec.key', 'ca.pem']) {
        copyFileSync(join(made, name), join(own.directory, name))
      }
      appendFileSync(own.configFile, '\n[radius]\nlisten = ["127.0.0.1:0"]\n')
      await own.start()
      const branch = { certFile: join(made, 'branch.pem'), keyFile: join(made, 'branch.key') }
      const documentedProxy = await startProxy(own, branch, { certFile: join(made, 'ca.pem') })
      await own.logged(/TLS connection client=branch /)
      await documentedProxy.stop()
    } finally {
      await own.close()
    }
  })

  test('RFC 5997: its Status-Server, by which it knows that we are there, is answered', async () => {
    const isAsked = async () => (await server.counters()).statusRequests! > 0
    await patiently('one', isAsked)
    expect(await radclient(proxy, login('pia', `1234${hotp(TOKEN, 3)}`))).toBe('Access-Accept')
    expect(await server.counters()).toMatchObject({ 'radsec.connections': 1 })
  }, 60_000)

  test('comes back after a restart of ours', async () => {
    const { port } = server.listeningTls[0]!
    await server.stop()
    const ofBefore = readFileSync(server.configFile, 'utf8')
    server.writeConfig(
      ofBefore.replace(/(\[radsec\]\nlisten = \[ ?)"127\.0\.0\.1:0"/, `$1"127.0.0.1:${port}"`),
    )
    await server.start()
    expect(server.listeningTls[0]!.port).toBe(port)
    await patiently('it', async () => (await server.counters())['radsec.connections'] === 1)
    expect(await radclient(proxy, login('pia', `1234${hotp(TOKEN, 4)}`))).toBe('Access-Accept')
  }, 90_000)
})
