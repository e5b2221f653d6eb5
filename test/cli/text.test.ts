import { expect, test } from '@jest/globals'
import { escapeText, truncate, widthOf } from '../../src/cli/escape.ts'
import { table } from '../../src/cli/layout.ts'
import { relativeTime } from '../../src/cli/time_text.ts'
import { render } from '../../src/cli/views.ts'

const NOW = Date.UTC(2030, 0, 1)

test.each([
  [0, 'now'],
  [-1000, '1 second ago'],
  [-59_000, '59 seconds ago'],
  [-60_000, '1 minute ago'],
  [-7200_000, '2 hours ago'],
  [90_000_000, 'in 1 day'],
  [-400 * 86_400_000, '1 year ago'],
])('%i ms from now is %s', (difference, expected) => {
  expect(relativeTime(new Date(NOW + difference).toISOString(), NOW)).toBe(expected)
})

test.each([
  ['an ANSI sequence', '\x1b[2Ja', '\\u{1b}[2Ja'],
  ['a C1 control', '\x9b2J', '\\u{9b}2J'],
  ['a line break', 'a\r\nb', 'a\\u{d}\\u{a}b'],
  ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
  ['a bidi override', 'a\u202eb', 'a\\u{202e}b'],
  ['a zero width joiner', 'a\u200db', 'a\\u{200d}b'],
  ['half a character', 'a\ud800', 'a\\u{d800}'],
  ['letters of anywhere', 'Jürgen 日本 \\', 'Jürgen 日本 \\'],
])('%s is made visible', (_, text, expected) => {
  expect(escapeText(text)).toBe(expected)
})

test('wide characters count twice, combining ones not at all', () => {
  expect(['abc', '日本', 'e\u0301', '😀'].map(widthOf)).toEqual([3, 4, 1, 2])
  expect(truncate('日本語', 5)).toBe('日本…')
})

test('a table leaves out a column that holds nothing, and takes room from the widest first', () => {
  const columns = [
    { title: 'A', text: (row: string[]) => row[0]!, whole: true },
    { title: 'B', text: (row: string[]) => row[1]! },
    { title: 'C', text: (row: string[]) => row[2]! },
    { title: 'N', text: (row: string[]) => row[3]!, align: 'right' },
  ] as const
  const rows = [
    ['aaaaaaaaaaaa', '', 'c'.repeat(30), '7'],
    ['a', '', 'd', '10'],
  ]
  expect(table(columns, rows, 30)).toEqual([
    'A             C              N',
    `aaaaaaaaaaaa  ${'c'.repeat(11)}…   7`,
    'a             d             10',
  ])
  expect(table(columns, rows, null)[1]).toBe(`aaaaaaaaaaaa  ${'c'.repeat(30)}   7`)
})

test.each([
  [{ total: 1234, totalIsExact: true }, '0 of 1,234'],
  [{ total: 10_000, totalIsExact: false }, '0 of 10,000+'],
])('a list that goes on says of how many it is a part: %j', (total, expected) => {
  const page = { tokens: [], nextCursor: 'abc', ...total }
  expect(render(page, { width: null, now: NOW })).toEqual(['no tokens', '', expected, 'more: --cursor abc'])
})
