import { expect, test } from '@jest/globals'
import { CertificateWatch, expiryWarning } from '../../src/server/certificate_watch.ts'
import { createLogger } from '../../src/server/log.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 0, 1)

test.each([
  { name: 'no certificate', expiresAt: null, expect: null },
  { name: '31 days before', expiresAt: NOW + 31 * DAY, expect: null },
  { name: '30 days before', expiresAt: NOW + 30 * DAY, expect: 'expires on 2026-01-31, in 30 days' },
  { name: 'the last day', expiresAt: NOW + 1.5 * DAY, expect: 'expires on 2026-01-02, in 1 day' },
  { name: 'too late', expiresAt: NOW - DAY, expect: 'has expired on 2025-12-31' },
])('$name', ({ expiresAt, expect: expected }) => {
  const warning = expected && `radsec.certificate_file ${expected}; renew it, then: sallyport server reload`
  expect(expiryWarning(expiresAt, NOW)).toBe(warning)
})

test('while the server runs it is said once a day, and of the certificate in force', async () => {
  let text = ''
  let now = NOW
  let expiresAt = NOW + 32 * DAY
  const write = (octets: Uint8Array, done: () => void) => {
    text += Buffer.from(octets).toString()
    done()
  }
  const log = createLogger({ level: 'info', format: 'text', write })
  const watch = new CertificateWatch({ expiresAt: () => expiresAt, now: () => now, log })
  for (let hour = 0; hour < 5 * 24; hour++) {
    watch.check()
    now += 3_600_000
  }
  expiresAt = NOW + 400 * DAY
  for (let hour = 0; hour < 48; hour++) {
    watch.check()
    now += 3_600_000
  }
  await log.flush()
  expect(text.match(/in \d+ days/g)).toEqual(['in 30 days', 'in 29 days', 'in 28 days'])
})
