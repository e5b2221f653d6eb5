import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { keyOf, userKey } from '../../src/auth/account.ts'
import { foldCase } from '../../src/auth/fold_case.ts'

describe('user names compare without regard to case', () => {
  const rows = [
    { name: 'ASCII', given: ['Alice', 'aLICE'], expect: true },
    { name: 'a realm', given: ['alice@EXAMPLE.org', 'Alice@example.ORG'], expect: true },
    { name: 'umlauts', given: ['MÜLLER', 'müller'], expect: true },
    { name: 'an umlaut of one or two characters', given: ['m\u00fcller', 'mu\u0308ller'], expect: true },
    { name: 'two capitals of two characters', given: ['MU\u0308LLER', 'm\u00fcller'], expect: true },
    { name: 'another name', given: ['alice', 'alicia'], expect: false },
    { name: 'another realm', given: ['alice@a', 'alice@b'], expect: false },
    { name: 'no realm', given: ['alice@a', 'alice'], expect: false },
    { name: 'an accent', given: ['rené', 'rene'], expect: false },
    { name: 'a look-alike of another script', given: ['alice', '\u0430lice'], expect: false },
    { name: 'a blank around it', given: ['alice', 'alice '], expect: false },
  ] as const
  test.each(rows)('$name: $expect', ({ given: [one, other], expect: expected }) => {
    expect(userKey(one) === userKey(other)).toBe(expected)
  })

  test('folding composes and makes small, whatever the name', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ maxLength: 80 })),
        (name) => {
          expect(foldCase(name)).toBe(name.normalize('NFC').toLowerCase())
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('folding twice changes nothing more, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(foldCase(foldCase(name))).toBe(foldCase(name))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('keyOf', () => {
  const rows = [
    { name: "its owner's account", given: { user: 'Alice', serial: 'A' }, expect: 'user:alice' },
    { name: 'its own, while nobody owns it', given: { user: null, serial: 'A' }, expect: 'token:A' },
  ]
  test.each(rows)('a token belongs to $name', ({ given, expect: expected }) => {
    expect(keyOf(given)).toBe(expected)
  })
})
