import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type Admin, makeAdmin, refusal, SECRET_HEX } from './make_admin.ts'

const CONFIG = `
[[radius.clients]]
name = "vpn"
address = "127.0.0.1"
secret = "0123456789abcdef"
[[radius.groups]]
name = "staff"
reply = ["Filter-Id = staff"]
[[radius.groups]]
name = "VPN"
vlan = 30
[[radius.groups]]
name = "large"
reply = [${Array(8)
  .fill(`"Filter-Id = ${'x'.repeat(253)}"`)
  .join(', ')}]
`

let admin: Admin
beforeEach(async () => {
  admin = await makeAdmin(undefined, (directory) => {
    const file = join(directory, 'sallyport.toml')
    writeFileSync(file, CONFIG, { mode: 0o600 })
    return file
  })
  await admin.run('token enroll', {
    type: 'hotp',
    serial: 'A',
    user: 'Alice',
    secretHex: SECRET_HEX,
    pin: '1',
  })
})
afterEach(() => admin.close())

const set = (body: object): Promise<Record<string, unknown>> => admin.run('user set', body)
const entries = async () =>
  ((await admin.run('audit list', { action: 'user set' })) as { entries: Record<string, unknown>[] }).entries

test('sets groups and attributes, each by itself, and shows them', async () => {
  expect(await set({ user: 'alice', groups: ['staff', 'vpn'] })).toEqual({
    user: 'Alice',
    groups: ['staff', 'VPN'],
    reply: [],
    tokens: 1,
  })
  expect(await set({ user: 'ALICE', reply: [' Class = 0x01 ', 'Filter-Id += b'] })).toEqual({
    user: 'Alice',
    groups: ['staff', 'VPN'],
    reply: ['Class = 0x01', 'Filter-Id += b'],
    tokens: 1,
  })
  expect(await admin.run('user show', { user: 'alice' })).toMatchObject({
    user: 'Alice',
    groups: ['staff', 'VPN'],
    reply: ['Class = 0x01', 'Filter-Id += b'],
    tokens: [{ serial: 'A' }],
    recent: [{ action: 'user set' }, { action: 'user set' }, { action: 'token enroll' }],
  })
  expect(await admin.run('user list')).toMatchObject({ users: [{ user: 'Alice', groups: ['staff', 'VPN'] }] })
  expect(await set({ user: 'alice', groups: null, reply: [] })).toMatchObject({ groups: [], reply: [] })
})

test('the audit trail names groups and attributes, and no value', async () => {
  await set({ user: 'alice', groups: ['staff'], reply: ['Cisco-AVPair = ip:password=hush', 'VLAN = 7'] })
  await set({ user: 'alice', groups: ['staff'] })
  await set({ user: 'alice', groups: null })
  expect((await entries()).map(({ user, outcome, detail }) => [user, outcome, detail])).toEqual([
    ['Alice', 'done', 'groups staff -> none'],
    ['Alice', 'done', null],
    ['Alice', 'done', 'groups none -> staff; reply none -> Cisco-AVPair, VLAN'],
  ])
})

test('a user without tokens may be told of first; his name is as it is given', async () => {
  expect(await set({ user: 'Bob', groups: ['staff'] })).toMatchObject({ user: 'Bob', tokens: 0 })
  expect(await admin.run('user show', { user: 'bob' })).toMatchObject({
    user: 'Bob',
    groups: ['staff'],
    tokens: [],
  })
})

test('groups and attributes outlive the token', async () => {
  await set({ user: 'alice', groups: ['staff'] })
  await admin.run('token delete', { serial: 'A' })
  expect(await admin.run('user show', { user: 'alice' })).toMatchObject({ groups: ['staff'], tokens: [] })
})

test.each([
  [{ groups: ['stafff'] }, ['invalid', 'there is no group "stafff"', 'did you mean staff?']],
  [{ groups: ['zebra'] }, ['invalid', 'there is no group "zebra"', 'groups: staff, VPN, large']],
  [{ groups: ['staff', 'STAFF'] }, ['invalid', 'the group staff was given twice', '']],
  [{}, ['invalid', 'nothing to change was given', 'give at least one of groups, reply']],
  [
    { reply: ['Fliter-Id = x'] },
    [
      'invalid',
      'there is no attribute "Fliter-Id"; did you mean Filter-Id?',
      'see "Reply attributes" in the README',
    ],
  ],
  [
    { reply: ['State = x'] },
    ['invalid', 'State is made by the server itself', 'see "Reply attributes" in the README'],
  ],
  [
    { groups: ['large'], reply: Array(5).fill(`Class = ${'x'.repeat(253)}`) },
    [
      'invalid',
      'with those of the client vpn and the groups, the attributes take 3315 octets; allowed: at most 3072, since a packet has 4096',
      'see "Reply attributes" in the README',
    ],
  ],
])('%j is refused, and changes nothing', async (body, expected) => {
  expect(await refusal(set({ user: 'alice', ...body }))).toEqual(expected)
  expect(await entries()).toEqual([])
  expect(await admin.run('user show', { user: 'alice' })).toMatchObject({ groups: [], reply: [] })
})

test('a change that does not touch what another has made worthless is told of it all the same', async () => {
  await set({ user: 'alice', reply: Array(5).fill(`Class = ${'x'.repeat(253)}`) })
  expect((await refusal(set({ user: 'alice', groups: ['large'] })))[1]).toMatch(
    /the attributes take 3315 octets/,
  )
})
