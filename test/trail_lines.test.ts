import { expect, test } from '@jest/globals'
import { csvLine } from '../src/trail_lines.ts'

test.each([
  ['what is plain', [1, 'alice', null, ['A', 'B']], '1,alice,,A B'],
  ['commas, quotes and line ends', ['a,b', 'say "x"', 'two\r\nlines'], '"a,b","say ""x""","two\r\nlines"'],
  ['what would be a formula', ['=1', '+1', '-1', '@x', '\t=1', '＝1'], "'=1,'+1,'-1,'@x,'\t=1,'＝1"],
  ['a formula in quotes', ['=HYPERLINK("http://x","y")'], '"\'=HYPERLINK(""http://x"",""y"")"'],
  ['a number below nothing', [-1], '-1'],
])('a line of CSV has %s', (_, fields, expected) => {
  expect(csvLine(fields)).toBe(expected)
})
