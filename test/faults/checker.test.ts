/** The judge of the fault runs sees what it is there for: each lie about the server that is told to the ledger comes out. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Ledger, User } from './ledger.ts'
import type { Node } from './node.ts'
import { Rig } from './rig.ts'

let rig: Rig
let node: Node
let ledger: Ledger
let user: User
let next = 0

beforeAll(async () => {
  rig = await Rig.open({ run: { seed: 1, short: true, soakMinutes: 0, say: () => {} }, users: 40 })
  ledger = rig.ledger
  node = await rig.node()
  const load = await rig.load({ outstanding: 8, wrong: 0.2, replays: 0.2 })
  while (load.accepts < 400) await new Promise((resolve) => setTimeout(resolve, 10))
  await load.end()
}, 60_000)
afterAll(() => rig?.close())
beforeEach(() => {
  user = ledger.users[next++]!
})

async function found(): Promise<string[]> {
  await rig.checker.thoroughly([node])
  ledger.violationCount = 0
  return ledger.violations.splice(0)
}

test('finds nothing where nothing is wrong', async () => {
  expect(await found()).toEqual([])
})

test('an OTP that is accepted a second time', async () => {
  user.accepted.add(user.counter)
  const accepted = user.counter++
  expect(await found()).toEqual([
    `${user.name}: OTP ${accepted} was accepted, and again when it was replayed`,
  ])
})

test('a counter below an OTP that was accepted, or below itself', async () => {
  user.seenCounter += 1
  expect(await found()).toEqual([
    `${user.name}: the counter fell from ${user.counter + 1} to ${user.counter}`,
  ])
  user = ledger.users[next++]!
  user.accepted.add(user.counter + 200)
  user.counter += 201
  expect(await found()).toContainEqual(expect.stringMatching(`^${user.name}: OTP .* and the counter is`))
  user.accepted.delete(user.counter - 1)
  user.counter -= 201
})

test.each(['accepts', 'rejects'] as const)(
  'a reply of which the audit trail has no row: %s',
  async (which) => {
    user[which] += 1
    const what = which === 'accepts' ? 'Accepts' : 'Rejects'
    expect(await found()).toEqual([
      expect.stringMatching(`^${user.name}: \\d+ ${what}, and \\d+ rows of them`),
    ])
    user[which] -= 1
  },
)

test('a row of the audit trail for a login that nobody sent', async () => {
  const { datagrams } = user
  user.datagrams = 0
  expect(await found()).toContainEqual(expect.stringMatching(`^${user.name}: .* datagrams, and .* rows`))
  user.datagrams = datagrams
})

test('a good OTP that is rejected, and one that is accepted twice, as they come in', () => {
  const login = { kind: 'good', user, counter: 900, accepted: false } as const
  const ask = () => ({ ...login, answers: [null] })
  const [first, second, third] = [ask(), ask(), ask()]
  ledger.answered(first, 0, 'accept')
  ledger.answered(second, 0, 'accept')
  expect(ledger.violations.splice(0)).toEqual([`${user.name}: OTP 900 was accepted twice`])
  user.accepted.delete(900)
  user.sends = 1
  ledger.answered(third, 0, 'reject')
  ledger.ended(third)
  expect(ledger.violations.splice(0)).toEqual([
    `${user.name}: OTP 900, sent once and never before, was rejected`,
  ])
})

test('a wrong PIN that is accepted', () => {
  ledger.answered({ kind: 'wrong-pin', user, counter: 3, answers: [null], accepted: false }, 0, 'accept')
  expect(ledger.violations.splice(0)).toEqual([`${user.name}: a wrong PIN was accepted`])
})

test('a server that ends by itself', async () => {
  process.kill(node.pid, 'SIGTERM')
  while (node.isRunning) await new Promise((resolve) => setTimeout(resolve, 10))
  await node.start()
  expect(await found()).toContainEqual(expect.stringMatching(/^node a ended by itself/))
})
