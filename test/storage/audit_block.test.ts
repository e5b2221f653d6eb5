import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { AuditEntry, Token } from '../../src/auth/account.ts'
import type { TokenChange } from '../../src/auth/action.ts'
import { BLOCK_ENTRIES, newBlock, readEntries, subjectOf } from '../../src/storage/audit_block.ts'
import { storableText } from '../../src/storage/stored_text.ts'
import { makeToken, NOW } from '../auth/make_token.ts'
import { changed, deleted, entry, inserts } from './stored.ts'

describe('entries come back as they were written', () => {
  const texts: { name: string; given: string }[] = [
    { name: 'nothing', given: '' },
    { name: 'quotes and backslashes', given: `"\\"\\\\u0022'` },
    { name: 'what would end the entry', given: '"],[0,"' },
    { name: 'lines and tabs', given: 'a\nb\r\nc\td\u2028e\u2029' },
    { name: 'control characters', given: '\x01\x08\x0b\x1b[31m\x1f\x7f\x80\x9f' },
    { name: 'every character of one octet but NUL', given: octets(1, 0x100) },
    { name: 'other scripts', given: 'Zoë 李 שלום 😀 𐐀' },
    { name: 'JSON', given: '{"__proto__":[null,1e999]}' },
    { name: 'a long text', given: '€'.repeat(5000) },
  ]
  test.each(texts)('$name, in every field', ({ given: text }) => {
    const written = entry({
      ...{ actor: text, source: text, user: text, serials: [text, text], action: text },
      ...{ reason: text, detail: text },
    })
    expect(throughBlock([written, entry(), written])).toEqual([written, entry(), written])
  })

  const unstorable: { name: string; given: string; expect: string }[] = [
    { name: 'NUL', given: 'a\0b', expect: 'a\ufffdb' },
    { name: 'the first half of a pair', given: 'a\ud83d', expect: 'a\ufffd' },
    { name: 'the second half of a pair', given: '\ude00b', expect: '\ufffdb' },
    { name: 'halves the wrong way round', given: '\ude00\ud83d', expect: '\ufffd\ufffd' },
  ]
  test.each(unstorable)('what no database holds is replaced: $name', ({ given, expect: expected }) => {
    const [read] = throughBlock([entry({ user: given, serials: [given], detail: given })])
    expect(read).toEqual(entry({ user: expected, serials: [expected], detail: expected }))
  })

  test('whatever they are', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), utf16())
    const orNull = fc.option(text)
    const entries: fc.Arbitrary<AuditEntry> = fc.record({
      at: fc.integer({ min: -8.64e15, max: 8.64e15 }),
      ...{ actor: text, source: text, user: orNull, serials: fc.array(text, { maxLength: 4 }) },
      action: text,
      outcome: fc.constantFrom('accept', 'reject', 'challenge', 'done', 'refused'),
      ...{ reason: orNull, detail: orNull },
    })
    fc.assert(
      fc.property(fc.array(entries, { maxLength: 8 }), (written) => {
        expect(throughBlock(written)).toEqual(written.map(asStored))
        const block = newBlock([], written)
        const times = written.map(({ at }) => at)
        expect(block.size).toBe(written.length)
        if (written.length > 0) {
          expect([block.first_at, block.last_at]).toEqual([Math.min(...times), Math.max(...times)])
        }
      }),
      { numRuns: 500 },
    )
  })

  test('a block holds at most so many entries as the ids of blocks leave room for', () => {
    const full = Array.from({ length: BLOCK_ENTRIES }, (_, i) => entry({ detail: `${i}` }))
    expect(throughBlock(full)).toEqual(full)
    expect(() => newBlock([], [...full, entry()])).toThrow(RangeError)
  })
})

describe('where an entry is found again', () => {
  const A = { ...makeToken({ serial: 'A' }), id: 1, auditHead: 70 }
  const B = { ...makeToken({ serial: 'B' }), id: 2, auditHead: 0 }
  const spent = (token: Token) => changed(token, { counter: 1 })
  interface Row {
    readonly name: string
    readonly changes: readonly TokenChange[]
    readonly audit: readonly AuditEntry[]
    /** Of each entry. */
    readonly previous: readonly (readonly (number | null)[])[]
    readonly subjects: readonly string[]
    readonly about: readonly string[]
  }
  const operation = (fields: Partial<AuditEntry>) =>
    entry({ action: 'token disable', outcome: 'done', reason: null, ...fields })
  const rows: Row[] = [
    {
      name: 'a login that changed its token: by the token alone',
      ...{ changes: [spent(A)], audit: [entry()], previous: [[70]], subjects: [], about: ['A'] },
    },
    {
      name: 'a login that changed both',
      changes: [spent(A), spent(B)],
      audit: [entry({ serials: ['A', 'B'] })],
      ...{ previous: [[70, 0]], subjects: [], about: ['A', 'B'] },
    },
    {
      name: 'a login that changed one of two: the other by the index',
      changes: [spent(A)],
      audit: [entry({ serials: ['A', 'B'] })],
      ...{ previous: [[70, null]], subjects: ['token:B'], about: ['A'] },
    },
    {
      name: 'a login that changed nothing',
      changes: [],
      audit: [entry({ user: 'ALICE', reason: 'locked' })],
      ...{ previous: [[null]], subjects: ['token:A', 'user:alice'], about: [] },
    },
    {
      name: 'a login of nobody that we know',
      changes: [spent(A)],
      audit: [entry({ user: 'Zoë', serials: [] }), entry({ user: 'ZOE\u0308', serials: [] })],
      ...{ previous: [[], []], subjects: ['user:zoë'], about: [] },
    },
    {
      name: 'a login without a name',
      changes: [],
      audit: [entry({ user: null, serials: [] })],
      ...{ previous: [[]], subjects: [], about: [] },
    },
    {
      name: 'several logins on one token in one commit: each leads to the block before',
      changes: [spent(A)],
      audit: [entry(), entry()],
      ...{ previous: [[70], [70]], subjects: [], about: ['A'] },
    },
    {
      name: 'an operation: by all that it names',
      changes: [changed(A, { active: false })],
      audit: [operation({})],
      previous: [[70]],
      subjects: ['token:A', 'action:token disable', 'user:alice'],
      about: ['A'],
    },
    {
      name: 'an operation that was refused',
      changes: [],
      audit: [operation({ outcome: 'refused', reason: 'x' })],
      previous: [[null]],
      subjects: ['token:A', 'action:token disable', 'user:alice'],
      about: [],
    },
    {
      name: 'a new token begins its list',
      changes: inserts(makeToken({ serial: 'N' })),
      audit: [operation({ serials: ['N'], action: 'token enroll' })],
      previous: [[0]],
      subjects: ['token:N', 'action:token enroll', 'user:alice'],
      about: ['N'],
    },
    {
      name: 'a login before a deletion in the same commit: by the index, for the token is gone',
      changes: [deleted(A)],
      audit: [entry(), operation({ action: 'token delete' })],
      previous: [[70], [70]],
      subjects: ['token:A', 'user:alice', 'action:token delete'],
      about: [],
    },
    {
      name: 'a serial deleted and enrolled in one commit: the new list leads on to the old one',
      changes: [deleted(A), ...inserts(makeToken({ serial: 'A', user: 'bob' }))],
      audit: [operation({ action: 'token delete' }), operation({ action: 'token enroll', user: 'bob' })],
      previous: [[70], [70]],
      subjects: ['token:A', 'action:token delete', 'user:alice', 'action:token enroll', 'user:bob'],
      about: ['A'],
    },
  ]
  test.each(rows)('$name', ({ changes, audit, previous, subjects, about }) => {
    const block = newBlock(changes, audit)
    expect(readEntries(block).map((read) => read.previous)).toEqual(previous)
    expect(block.subjects.toSorted()).toEqual(subjects.toSorted())
    expect([...new Set(block.about)].map(({ serial }) => serial)).toEqual(about)
    for (const token of block.about) expect(changes.map(({ after }) => after)).toContain(token)
  })

  test('a subject is never that of another kind', () => {
    expect(subjectOf.user('token:A')).not.toBe(subjectOf.token('A'))
    expect(subjectOf.token('user:alice')).not.toBe(subjectOf.user('alice'))
  })
})

// Whoever can write the database may put anything there: a list must not fall over it.
describe('what no version of ours has written is refused', () => {
  const good = `[${NOW},"a","b",null,["A"],[null],"login","accept",null,null]`
  const field = (place: number, json: string) => {
    const fields = [`${NOW}`, '"a"', '"b"', 'null', '["A"]', '[null]', '"login"', '"accept"', 'null', 'null']
    return `[[${fields.with(place, json).join()}]]`
  }
  const rows = [
    '',
    '[',
    'x',
    'null',
    '1',
    '"[]"',
    '{}',
    '[1]',
    '[null]',
    '["abcdefghij"]',
    '[{}]',
    '[[]]',
    `[[${NOW},"a","b",null,["A"],[null],"login","accept",null]]`,
    field(0, '"1"'),
    field(0, 'null'),
    field(0, '1e999'),
    field(1, '1'),
    field(2, 'null'),
    field(3, '5'),
    field(3, '{}'),
    field(4, '"A"'),
    field(4, '[1]'),
    field(4, 'null'),
    field(5, '"7"'),
    field(5, '["7"]'),
    field(5, '[1.5]'),
    field(5, 'null'),
    field(6, 'null'),
    field(7, '[]'),
    field(8, '0'),
    field(9, 'false'),
    `[${good},7]`,
  ]
  test('but what we write is not', () => {
    expect(readEntries({ entries: `[${good}]` }).length).toBe(1)
  })
  test.each(rows)('%s', (entries) => {
    expect(() => readEntries({ entries })).toThrow(SyntaxError)
  })
})

function throughBlock(written: readonly AuditEntry[]): AuditEntry[] {
  return readEntries(newBlock([], written)).map(({ previous: _, ...read }) => read)
}

function asStored({ at, outcome, ...texts }: AuditEntry): AuditEntry {
  const { actor, source, user, serials, action, reason, detail } = texts
  const clean = (text: string | null) => (text === null ? null : storableText(text))
  return {
    ...{ at, outcome, actor: storableText(actor), source: storableText(source), user: clean(user) },
    ...{ serials: serials.map(storableText), action: storableText(action) },
    ...{ reason: clean(reason), detail: clean(detail) },
  }
}

function octets(from: number, to: number): string {
  return String.fromCharCode(...Array.from({ length: to - from }, (_, i) => from + i))
}

/** Also halves of surrogate pairs, which are no Unicode. */
function utf16(): fc.Arbitrary<string> {
  const unit = fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff }), fc.nat(0x7f))
  return fc.array(unit, { maxLength: 12 }).map((units) => String.fromCharCode(...units))
}
