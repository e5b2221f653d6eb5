/** Certificate files at start and reload: what cannot be used is named, and nothing is taken up then. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { ConfigError } from '../../../src/config/config.ts'
import { radsecSettings } from '../../../src/server/radsec/radsec_settings.ts'
import { Authority } from '../../support/certificates.ts'

const directory = mkdtempSync(join(tmpdir(), 'sallyport-radsec-settings-'))
afterAll(() => rmSync(directory, { recursive: true }))
const authority = new Authority(directory, 'authority')
const ours = authority.issue('ours')
const other = authority.issue('other', { days: 20 })

const RADSEC = {
  listen: [{ host: '127.0.0.1', port: 0 }],
  certificateFile: ours.certFile,
  keyFile: ours.keyFile,
  caFile: authority.own.certFile,
  versions: ['1.0'],
  idleTimeoutMs: 0,
  maxConnections: 1,
  maxConnectionsPerClient: 1,
} as const
const settingsOf = (change: object = {}) =>
  radsecSettings({ file: '/f.toml', radsec: { ...RADSEC, ...change } }, [])

function write(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

test('off, no file is read', () => {
  expect(settingsOf({ listen: [], certificateFile: '/none' })).toBe(null)
})

test('tells when the first certificate of the chain runs out', () => {
  const chain = write('chain.pem', ours.cert + other.cert)
  const days = (settingsOf({ certificateFile: chain })!.certificateExpiresAt! - Date.now()) / 86_400_000
  expect(days).toBeGreaterThan(19)
  expect(days).toBeLessThan(21)
})

test('warns 30 days before', () => {
  const { warnings } = settingsOf({ certificateFile: other.certFile, keyFile: other.keyFile })!
  expect(warnings).toEqual([
    expect.stringMatching(/^radsec\.certificate_file expires on \d{4}-\d\d-\d\d, in (19|20) days; renew it/),
  ])
})

test('warns of a key that others can read', () => {
  const key = write('open.key', readFileSync(ours.keyFile, 'utf8'))
  chmodSync(key, 0o644)
  expect(settingsOf({ keyFile: key })!.warnings).toEqual([
    `radsec.key_file: other users of this machine can read ${key}; run: chmod 600 ${key}`,
  ])
})

test('without authorities, none is trusted, those of Node neither', () => {
  expect(settingsOf({ caFile: null })!.context.ca).toEqual([])
})

describe('a file that cannot be used is named', () => {
  const rows: { name: string; change: object; expect: RegExp }[] = [
    {
      name: 'that is not there',
      change: { caFile: '/none' },
      expect: /^\/f\.toml: radsec\.ca_file \/none cannot be read: no such file$/,
    },
    {
      name: 'without a certificate',
      change: { certificateFile: write('e.pem', 'x') },
      expect: /radsec\.certificate_file .* cannot be used: there is no certificate in it \(PEM\)$/,
    },
    {
      name: 'with half a certificate',
      change: {
        certificateFile: write('h.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'),
      },
      expect: /radsec\.certificate_file .* cannot be used: /,
    },
    {
      name: 'without a key',
      change: { keyFile: ours.certFile },
      expect: /radsec\.key_file .* cannot be used: /,
    },
    {
      name: 'with another key',
      change: { keyFile: other.keyFile },
      expect: /radsec\.key_file .* cannot be used: it is not the key of radsec\.certificate_file$/,
    },
  ]
  test.each(rows)('$name', ({ change, expect: expected }) => {
    let message = ''
    try {
      settingsOf(change)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      message = error.message
    }
    expect(message).toMatch(expected)
    expect(message).not.toContain('BEGIN')
  })
})
