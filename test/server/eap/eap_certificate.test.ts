/** Certificates for EAP: what is taken, what is refused, and when somebody is warned. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { makeCa, makeServerCertificate } from '../../../src/certificates.ts'
import { certificateWarning, readEapCertificate } from '../../../src/server/eap/eap_certificate.ts'
import { TestServer } from '../../e2e/server.ts'

const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 10, 25)

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-eap-'))
  mkdirSync(join(directory, 'eap'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const put = (name: string, content: string) => writeFileSync(join(directory, 'eap', name), content)
const made = async () => {
  const ca = await makeCa('radius.test', 'ecdsa', NOW)
  return await makeServerCertificate('radius.test', ca, 'ecdsa', NOW)
}

describe('a certificate', () => {
  test('is read with its names and its end, 820 days from the day before', async () => {
    const { certificate, key } = await made()
    put('server.pem', certificate)
    put('server.key', key)
    expect(readEapCertificate(directory)).toMatchObject({
      names: ['radius.test'],
      validFrom: NOW - DAY_MS,
      validUntil: NOW + 819 * DAY_MS,
    })
  })

  test('that is not there: EAP is off', () => {
    expect(readEapCertificate(directory)).toBe(null)
  })

  test.each([
    ['without its key', async () => put('server.pem', (await made()).certificate)],
    [
      'of another key',
      async () => [put('server.pem', (await made()).certificate), put('server.key', (await made()).key)],
    ],
    ['that is none', async () => [put('server.pem', 'x'), put('server.key', 'y')]],
  ])('%s is refused, with what to do', async (_name, prepare) => {
    await prepare()
    expect(() => readEapCertificate(directory)).toThrow(
      expect.objectContaining({
        name: 'StartError',
        hint: expect.stringContaining('put server.pem and server.key right'),
      }),
    )
  })

  test.each([
    [31, null],
    [30, null],
    [29.5, 'runs out on 2026-12-24, in 29 days'],
    [0.5, 'runs out on 2026-11-25, in 0 days'],
    [0, 'has run out on 2026-11-25: devices refuse to log in'],
  ])('that ends in %d days', (days, said) => {
    const certificate = { chain: '', key: '', names: [], validFrom: 0, validUntil: NOW + days * DAY_MS }
    const warning = certificateWarning(certificate, NOW)
    expect(warning).toEqual(said === null ? null : expect.stringContaining(said))
  })
})

test('from 30 days before its end log, reload and status warn of it, and a metric says when it is', async () => {
  const server = await TestServer.start({ settings: { metrics: { listen: '127.0.0.1:0' } } })
  try {
    expect((await server.sallyport(['eap', 'init'])).status).toBe(0)
    await server.command('server', 'reload')
    expect(await server.command('server', 'status')).toMatchObject({ eap: { warning: null } })
    const [, metrics = ''] = /url=(\S+)/.exec(server.log) ?? []

    const made = Date.now() - 800 * DAY_MS
    const ca = await makeCa('radius.test', 'ecdsa', made)
    const { certificate, key } = await makeServerCertificate('radius.test', ca, 'ecdsa', made)
    writeFileSync(join(server.directory, 'data/eap/server.pem'), certificate)
    writeFileSync(join(server.directory, 'data/eap/server.key'), key)
    const warning = expect.stringMatching(
      /^the certificate for EAP runs out on \S+, in 1[89] days; make another/,
    )
    expect((await server.command('server', 'reload')).warnings).toEqual([warning])
    const { eap } = await server.command('server', 'status')
    expect(eap).toMatchObject({ serverName: 'radius.test', warning })
    const shown = await server.sallyport(['server', 'status'])
    expect(shown.stdout).toMatch(/^ {2}warning +the certificate for EAP runs out/m)
    await server.logged('the certificate for EAP runs out')
    const { validUntil } = eap as { validUntil: string }
    expect(await (await fetch(metrics)).text()).toContain(
      `sallyport_eap_certificate_expiry_timestamp_seconds{server_name="radius.test"} ${Date.parse(validUntil) / 1000}`,
    )
  } finally {
    await server.close()
  }
})

test('a reload with a broken certificate changes nothing and says so; a start is refused', async () => {
  const server = await TestServer.start()
  try {
    expect((await server.sallyport(['eap', 'init'])).status).toBe(0)
    await server.command('server', 'reload')
    const before = await server.command('server', 'status')
    expect(before.eap).toMatchObject({ serverName: 'radius.sallyport.internal' })
    const files = join(server.directory, 'data/eap')
    copyFileSync(join(files, 'ca.pem'), join(files, 'server.pem'))
    const reloaded = await server.sallyport(['server', 'reload'])
    expect([reloaded.status, reloaded.stderr]).toEqual([
      1,
      expect.stringContaining('the certificate for EAP in'),
    ])
    expect((await server.command('server', 'status')).eap).toEqual(before.eap)
    await server.stop()
    const started = await server.startAndFail()
    expect([started.status, started.stderr]).toEqual([
      1,
      expect.stringContaining('the certificate for EAP in'),
    ])
  } finally {
    await server.close()
  }
})
