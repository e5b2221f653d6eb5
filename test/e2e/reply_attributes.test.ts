/** Attributes of replies from the CLI to the wire: on both databases, across nodes, through reloads good and bad. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { AttributeType } from '../../src/radius/attributes.ts'
import { parsePacket } from '../../src/radius/packet.ts'
import { DATABASES, POSTGRES } from '../support/databases.ts'
import { hotp, secretOf } from './otp.ts'
import type { RadiusClient } from './radius_client.ts'
import { TestServer, vpn } from './server.ts'

const TOKEN = { secretHex: secretOf('reply') }
const staff = { name: 'staff', reply: ['Filter-Id = staff', 'Filter-Id = all'] }
const guests = { name: 'guests', reply: ['Filter-Id = guests'] }

let server: TestServer
let counter: number
afterEach(() => server?.close())

/** The Filter-Ids of an Access-Accept; how the login ended where there is none. */
async function filters(nas: RadiusClient, password = hotp(TOKEN, counter++)): Promise<string[] | string> {
  const request = nas.accessRequest('rita', password)
  const reply = await nas.exchange(request.octets)
  if (reply === null) return 'silence'
  const answer = nas.read(reply, request)
  if (answer !== 'accept') return answer
  return parsePacket(reply)
    .attributes.all(AttributeType.FilterId)
    .map((value) => Buffer.from(value).toString())
}

const reload = () => server.command('server', 'reload').catch((error: Error) => error.message)
const lastReason = async () =>
  ((await server.command('audit', 'list', { limit: 1 })).entries as { reason: string }[])[0]!.reason

describe.each(DATABASES)('on $name', (kind) => {
  let nas: RadiusClient
  beforeEach(async () => {
    counter = 0
    const radius = { clients: [vpn({ reply: ['Filter-Id = everybody'] })], groups: [staff, guests] }
    server = await TestServer.start({ kind, settings: { radius } })
    nas = await server.client()
    await server.command('token', 'enroll', { type: 'hotp', serial: 'R1', user: 'rita', ...TOKEN })
  })

  test('set and cleared by the CLI, each change holds for the next login', async () => {
    expect(await filters(nas)).toEqual(['everybody'])
    const set = await server.sallyport([
      'user',
      'set',
      'Rita',
      '--groups',
      'guests,staff',
      '--reply',
      'Filter-Id += rita',
      '--reply',
      'Class = "a, b"',
    ])
    expect([set.status, set.stdout]).toEqual([
      0,
      'user    rita\ngroups  guests, staff\ntokens  1\n\nreply\n  -  Filter-Id += rita\n  -  Class = "a, b"\n',
    ])
    expect(await filters(nas)).toEqual(['staff', 'all', 'rita'])
    expect(
      (await server.sallyport(['user', 'set', 'rita', '--groups', 'guests', '--reply', 'none'])).status,
    ).toBe(0)
    expect(await filters(nas)).toEqual(['guests'])
    expect((await server.sallyport(['user', 'set', 'rita', '--groups', 'none'])).status).toBe(0)
    expect(await filters(nas)).toEqual(['everybody'])
    const wrong = await server.sallyport(['user', 'set', 'rita', '--groups', 'staf'])
    expect([wrong.status, wrong.stderr]).toEqual([
      1,
      'sallyport: there is no group "staf"\ndid you mean staff?\n',
    ])
    expect(await server.command('audit', 'verify')).toMatchObject({ ok: true })
  })

  test('a reload changes what groups say; a bad one is named by line and changes nothing', async () => {
    await server.command('user', 'set', { user: 'rita', groups: ['staff'] })
    expect(await filters(nas)).toEqual(['staff', 'all'])
    const good = { clients: [vpn()], groups: [{ ...staff, reply: ['Filter-Id = new'] }] }
    server.configure({ radius: good })
    expect(await reload()).toMatchObject({ clients: 1 })
    expect(await filters(nas)).toEqual(['new'])
    server.configure({
      radius: { ...good, groups: [{ ...staff, reply: ['Filter-Id = newer', 'Session-Timeout = soon'] }] },
    })
    const refused = await reload()
    expect(refused).toMatch(
      /sallyport\.toml: line \d+: radius\.groups\[0\]\.reply\[1\] of "staff": Session-Timeout "soon" is no number/,
    )
    await server.logged('the configuration was not reloaded; the old one stays in force')
    expect(await filters(nas)).toEqual(['new'])
  })

  test('a dictionary that is taken away, or a group: the user is not let in with less than he should have', async () => {
    writeFileSync(join(server.directory, 'acme'), 'ATTRIBUTE Acme-Filter 11 string\n')
    const radius = { clients: [vpn()], groups: [staff], dictionaries: ['acme'] }
    server.configure({ radius })
    await reload()
    await server.command('user', 'set', { user: 'rita', groups: ['staff'], reply: ['Acme-Filter = acme'] })
    expect(await filters(nas)).toEqual(['acme'])
    server.configure({ radius: { ...radius, dictionaries: [] } })
    await reload()
    const password = hotp(TOKEN, counter)
    expect(await filters(nas, password)).toBe('reject')
    expect(await lastReason()).toBe('bad-reply-attribute')
    server.configure({ radius: { ...radius, groups: [] } })
    await reload()
    expect(await filters(nas, password)).toBe('reject')
    expect(await lastReason()).toBe('unknown-group')
    await server.logged(/login rejected .*reason=unknown-group/)
    // Its OTP is not spent.
    server.configure({ radius })
    await reload()
    expect(await filters(nas, password)).toEqual(['acme'])
  })

  test('a record that was altered in the database: nobody is let in by it, and the log says so', async () => {
    await server.command('user', 'set', { user: 'rita', groups: ['staff'] })
    await server.stop()
    await server.database.query("UPDATE users SET sealed = substr(sealed, 1, 40) WHERE user_key = 'rita'")
    await server.start()
    nas = await server.client()
    const password = hotp(TOKEN, counter)
    expect(await filters(nas, password)).toBe('reject')
    expect(await lastReason()).toBe('user-record-unreadable')
    await server.logged('user rita cannot log in: the record with the groups is not readable')
    await expect(server.command('user', 'set', { user: 'rita', groups: [] })).rejects.toThrow(
      'what is set about rita cannot be opened',
    )
    await server.command('user', 'set', { user: 'rita', groups: ['guests'], reply: [] })
    expect(await filters(nas, password)).toEqual(['guests'])
  })
})

test('another node sees a change at once, however lately it has seen the user', async () => {
  counter = 0
  const radius = { groups: [staff, guests] }
  server = await TestServer.start({ kind: POSTGRES, settings: { radius } })
  const key = join(server.directory, 'data', 'master.key')
  const other = await TestServer.start({
    database: server.database,
    settings: { server: { node: 'b', master_key_file: key }, radius },
  })
  try {
    await server.command('token', 'enroll', { type: 'hotp', serial: 'R1', user: 'rita', ...TOKEN })
    const far = await other.client()
    expect(await filters(far)).toEqual([])
    await server.command('user', 'set', { user: 'rita', groups: ['staff'] })
    expect(await filters(far)).toEqual(['staff', 'all'])
    await server.command('user', 'set', { user: 'rita', groups: ['guests'] })
    expect(await filters(far)).toEqual(['guests'])
    expect(await filters(await server.client())).toEqual(['guests'])
  } finally {
    await other.close()
  }
})

test('with two workers, each knows groups and records', async () => {
  counter = 0
  const settings = { server: { workers: 2 }, radius: { groups: [staff] }, limits: { account_rate: 0 } }
  server = await TestServer.start({ kind: POSTGRES, settings })
  await server.command('token', 'enroll', { type: 'hotp', serial: 'R1', user: 'rita', ...TOKEN })
  await server.command('user', 'set', { user: 'rita', groups: ['staff'] })
  // Each from another port: that one process gets all has a chance of 2 in 2^16.
  for (let port = 0; port < 16; port++) expect(await filters(await server.client())).toEqual(['staff', 'all'])
})
