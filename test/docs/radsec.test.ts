/** What docs/radsec.md says, held against the code. Its commands and its radsecproxy are run in test/interop/radsecproxy.test.ts. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { readConfig } from '../../src/config/config.ts'
import { schema, tlsKeys } from '../../src/config/schema.ts'
import { blocks, page, reasonsOf, unionOf } from './radsec_page.ts'

test.each(blocks('toml').map((text, index) => ({ text, index })))(
  'the example $index is valid',
  ({ text }) => {
    const directory = mkdtempSync(join(tmpdir(), 'sallyport-docs-'))
    try {
      writeFileSync(join(directory, 's.toml'), text, { mode: 0o600 })
      expect(readConfig({ file: 's.toml', env: {}, cwd: directory }).warnings).toEqual([])
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
)

test('the commands are what a shell can read', () => {
  for (const text of blocks('sh')) execFileSync('bash', ['-n'], { input: text })
})

test('every key that is named exists, with the default that is named', () => {
  const { radsec } = schema.parse({}) as { radsec: Record<string, unknown> }
  const named = [...page.matchAll(/`radsec\.(\w+)(?: = [^`]+)?`(?: \((\d+)\b)?/g)].filter(
    ([, key]) => !['refused', 'closed', 'pem', 'key'].includes(key!),
  )
  expect(named.length).toBeGreaterThan(5)
  for (const [, key, value] of named) {
    expect([...Object.keys(radsec), 'ca_file']).toContain(key)
    if (value !== undefined) expect(`${key} ${value}`).toBe(`${key} ${radsec[key!]}`)
  }
  for (const [, key] of page.matchAll(/^\| `(name|fingerprint|psk\w*)` \|/gm)) expect(tlsKeys).toContain(key)
})

test('every reason of a refusal is in its table, and no other', () => {
  expect(reasonsOf('refused').sort()).toEqual(unionOf('server/radsec/radsec_log.ts', 'RefusalReason').sort())
})

test('every reason of an end is in its table, and no other', () => {
  // Neither can come out of a stream, whose packets have the length that they say.
  const cannot = ['too-short', 'length-lies']
  const malformed = unionOf('radius/malformed_packet.ts', 'MalformedReason').filter(
    (r) => !cannot.includes(r),
  )
  const all = [
    ...unionOf('server/radsec/radsec_log.ts', 'EndReason'),
    'wrong-message-authenticator',
    ...malformed,
  ]
  expect(reasonsOf('closed').sort()).toEqual(all.sort())
})
