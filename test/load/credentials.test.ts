import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { hotpCredentials, nameOf, seedOf, staticCredentials } from '../../src/load/credentials.ts'
import { UserTurns } from '../../src/load/user_turns.ts'

const POPULATION = { first: 0, size: 3, prefix: 'u', pin: '1234', digits: 6 } as const

describe('generated users', () => {
  test('are named and seeded as radload does, so that both can drive the same tokens', () => {
    expect(nameOf(POPULATION, 2)).toBe('u000002')
    expect(nameOf(POPULATION, 1_234_567)).toBe('u1234567')
    // radload --dump-users -u 1
    expect(seedOf('u000000').toString('hex')).toBe('20eb9b5ddc440ea578b4497cb282be7b93a8a659')
    expect(seedOf('u000001')).toEqual(createHash('sha1').update('radloadu000001').digest())
  })

  test('type PIN and OTP (RFC 4226), and spend a counter each time', () => {
    const counters = Float64Array.of(0, 7, 2 ** 33)
    const credentials = hotpCredentials(POPULATION, counters)
    for (const [user, counter] of [
      [0, 0],
      [1, 7],
      [1, 8],
      [2, 2 ** 33],
    ] as const) {
      expect(written(credentials, user)).toEqual([nameOf(POPULATION, user), `1234${hotp(user, counter)}`])
    }
    expect([...counters]).toEqual([1, 9, 2 ** 33 + 1])
  })

  /** By nothing of ours. */
  function hotp(user: number, counter: number): string {
    const message = Buffer.alloc(8)
    message.writeBigUInt64BE(BigInt(counter))
    const mac = createHmac('sha1', seedOf(nameOf(POPULATION, user)))
      .update(message)
      .digest()
    return String((mac.readUInt32BE(mac.at(-1)! & 15) & 0x7fff_ffff) % 1_000_000).padStart(6, '0')
  }
})

test('fixed passwords are written as they are, in UTF-8', () => {
  const credentials = staticCredentials([{ user: 'zoë', password: 'pässword' }])
  expect(written(credentials, 0)).toEqual(['zoë', 'pässword'])
  expect(() => staticCredentials([{ user: 'a', password: 'x'.repeat(129) }])).toThrow(RangeError)
})

function written(credentials: ReturnType<typeof staticCredentials>, user: number): [string, string] {
  const packet = Buffer.alloc(400)
  const name = packet.toString('utf8', 5, credentials.writeName(user, packet, 5))
  return [name, packet.toString('utf8', 5, credentials.writePassword(user, packet, 5))]
}

describe('whose turn it is', () => {
  test('goes round, and passes over whoever waits for an answer', () => {
    const turns = new UserTurns({ size: 3, exclusive: true }, 'sequential')
    expect([turns.next(), turns.next(), turns.next(), turns.next()]).toEqual([0, 1, 2, null])
    turns.release(1)
    expect([turns.next(), turns.next()]).toEqual([1, null])
  })

  test('at random comes to everybody, and never twice at a time', () => {
    const turns = new UserTurns({ size: 100, exclusive: true }, 'random')
    const taken = Array.from({ length: 100 }, () => turns.next()!)
    expect(new Set(taken).size).toBe(100)
    expect(taken).not.toEqual([...taken].sort((a, b) => a - b))
    expect(turns.next()).toBeNull()
  })

  test('does not matter for a fixed password', () => {
    const turns = new UserTurns({ size: 1, exclusive: false }, 'sequential')
    expect([turns.next(), turns.next()]).toEqual([0, 0])
  })
})
