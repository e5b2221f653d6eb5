/** Where the console is served, by which certificate, and the sockets of those who may do less. */
import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterEach, expect, test } from '@jest/globals'
import { callServer } from '../../src/cli/admin_client.ts'
import { Authority } from '../support/certificates.ts'
import { ConsoleClient } from './console_client.ts'
import { TestServer } from './server.ts'

const servers: TestServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

async function prepare(settings: Record<string, Record<string, unknown>>): Promise<TestServer> {
  const server = await TestServer.prepare({ settings })
  servers.push(server)
  return server
}

/** What browsers see of its certificate. */
async function certificateOf({ consoleUrl }: TestServer): Promise<{ names: string; fingerprint: string }> {
  const { hostname: host, port } = new URL(consoleUrl)
  const socket = connect({ host, port: Number(port), rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { subjectaltname = '', fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return { names: subjectaltname, fingerprint: fingerprint256 }
}

test('a default port that is taken costs the console, not the server', async () => {
  const other = createServer().listen(8443, '127.0.0.1')
  await Promise.race([once(other, 'listening'), once(other, 'error')])
  try {
    const server = await prepare({ console: { listen: null } })
    await server.start()
    expect(server.consoleUrl).toBe('')
    await server.logged('there is no console: console.listen: cannot listen on 127.0.0.1, TCP port 8443')
    expect(await server.command('server', 'status')).not.toHaveProperty('console')
  } finally {
    other.close()
  }
})

test('a port that was set must be free', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  try {
    const server = await prepare({ console: { listen: `127.0.0.1:${port}` } })
    const { status, stderr } = await server.startAndFail()
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining(`TCP port ${port}: another program listens there`),
    ])
    expect(stderr).toContain('or to "off"')
  } finally {
    other.close()
  }
})

test('the first start makes a certificate, keeps it, and names the console and what to do', async () => {
  const server = await prepare({ console: { listen: '127.0.0.1:0' } })
  await server.start()
  await server.logged('ready')
  const first = await certificateOf(server)
  expect(first.names).toMatch(/DNS:localhost.*IP Address:127\.0\.0\.1.*IP Address:(::1|0:0:0:0:0:0:0:1)/)
  expect(statSync(join(server.directory, 'data', 'console', 'server.key')).mode & 0o777).toBe(0o600)
  expect(server.stdout).toMatch(/sallyport --config sallyport\.toml admin add alice --role admin\n/)
  expect(await server.command('server', 'status')).toMatchObject({
    console: { url: server.consoleUrl, certificateExpiresAt: expect.any(String) },
  })
  await server.stop()
  await server.start()
  expect(await certificateOf(server)).toEqual(first)
})

test('a certificate is renewed by a reload, and a bad one changes nothing', async () => {
  const server = await prepare({
    console: { listen: '127.0.0.1:0', certificate_file: 'console.pem', key_file: 'console.key' },
  })
  const authority = new Authority(server.directory, 'authority')
  const write = (name: string) => {
    const { cert, key } = authority.issue(name, { san: `DNS:${name}` })
    writeFileSync(join(server.directory, 'console.pem'), cert)
    writeFileSync(join(server.directory, 'console.key'), key, { mode: 0o600 })
  }
  write('old.example')
  await server.start()
  const before = await certificateOf(server)
  expect(before.names).toBe('DNS:old.example')
  // An authority has signed it, so that browsers may insist.
  const { headers } = await new ConsoleClient(server.consoleUrl).get('/')
  expect(headers['strict-transport-security']).toMatch(/^max-age=\d+$/)
  write('new.example')
  await server.command('server', 'reload')
  expect((await certificateOf(server)).names).toBe('DNS:new.example')
  writeFileSync(join(server.directory, 'console.pem'), 'not a certificate')
  const { warnings } = await server.command('server', 'reload')
  expect(warnings).toEqual([expect.stringContaining('console.pem cannot be used')])
  expect((await certificateOf(server)).names).toBe('DNS:new.example')
})

test('a socket has the role of its configuration, for whoever may open it', async () => {
  const server = await prepare({
    admin: {
      sockets: [{ path: './desk.sock', role: 'helpdesk', group: process.getgid?.() ?? 0, mode: '0620' }],
    },
  })
  await server.start()
  const path = join(server.directory, 'desk.sock')
  expect(statSync(path).mode & 0o777).toBe(0o620)
  await server.command('token', 'enroll', { type: 'hotp', user: 'alice', serial: 'A1' })
  const desk = { socket: path, actor: 'dora' }
  expect(await callServer(desk, 'token', 'disable', { serial: 'A1' })).toMatchObject({
    token: { active: false },
  })
  await expect(callServer(desk, 'token', 'delete', { serial: 'A1' })).rejects.toMatchObject({
    message: 'token delete needs the role admin; you have helpdesk',
  })
  const { entries } = await server.command('audit', 'list', { action: 'token disable' })
  expect(entries).toMatchObject([{ actor: 'admin:dora', source: 'socket:helpdesk' }])
  server.configure({ admin: { role: 'viewer' } })
  await server.stop()
  await server.start()
  await expect(server.command('token', 'enable', { serial: 'A1' })).rejects.toThrow('needs the role helpdesk')
  expect(await server.token('A1')).toMatchObject({ active: false })
})
