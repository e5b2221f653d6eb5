/** What `[console]` and `[[admin.sockets]]` may say, and the words for what they may not. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Config, ConfigError, readConfig } from '../../src/config/config.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-console-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function read(toml: string, env: Record<string, string> = {}): Config {
  writeFileSync(join(directory, 's.toml'), toml, { mode: 0o600 })
  return readConfig({ file: 's.toml', env, cwd: directory })
}

function problemOf(toml: string): string {
  try {
    read(toml)
    return 'none'
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message.replaceAll(`${join(directory, 's.toml')}: `, '')
  }
}

test.each([
  ['[console]\nlisten = "off"', { listen: null, isDefault: false }],
  ['[console]\nlisten = "[::1]:8443"\ntls = false', { tls: false }],
  ['[console]\nurl = "https://otp.example.org/"', { url: 'https://otp.example.org' }],
  ['[console]\nidle_timeout = "90m"\nsession_timeout = "1h"', { idleMs: 5_400_000, sessionMs: 3_600_000 }],
  [
    '[console]\nself_service = false',
    { selfService: { enroll: false, setPin: false, resync: false, lost: false, password: false } },
  ],
  [
    '[console]\nself_service = { lost = "password", password = false }',
    { selfService: { enroll: true, setPin: true, resync: true, lost: 'password', password: false } },
  ],
])('%s', (toml, expected) => {
  expect(read(toml).console).toMatchObject(expected)
})

test('an environment variable turns it off', () => {
  expect(read('', { SALLYPORT_CONSOLE__LISTEN: 'off' }).console.listen).toBeNull()
})

test.each([
  [
    '[console]\nlisten = "0.0.0.0:8443"\ntls = false',
    'console.tls is false: without TLS the console listens on this machine alone, on 127.0.0.1 or [::1]',
  ],
  ['[console]\ncertificate_file = "a.pem"', 'console.key_file is missing: the two belong together'],
  [
    '[console]\nidle_timeout = 15',
    'console.idle_timeout is 15; allowed: minutes or hours, such as "15m" or "10h"',
  ],
  ['[console]\nself_service = { enrol = true }', 'self_service'],
  ['[console]\nurl = "otp.example.org"', 'allowed: how browsers reach it, such as "https://otp.example.org"'],
  ['[admin]\nrole = "boss"', 'admin.role is "boss"; allowed: "viewer", "helpdesk", "admin"'],
  ['[[admin.sockets]]\npath = "a"\nrole = "viewer"\nmod = "0660"', 'did you mean admin.sockets[0].mode?'],
  [
    '[[admin.sockets]]\npath = "a"',
    'admin.sockets[0].role is missing; allowed: "viewer", "helpdesk", "admin"',
  ],
])('is refused: %s', (toml, expected) => {
  expect(problemOf(toml)).toContain(expected)
})
