/** OpenSSL as a judge of the certificates that `sallyport eap init` makes, as strict as devices are. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { KEY_KINDS, makeCa, makeServerCertificate } from '../../src/certificates.ts'
import { describeWith, runTool } from './tools.ts'

const NAME = 'radius.example.org'
const DAYS_TO_SECONDS = 86_400

describeWith(['openssl'], 'openssl', () => {
  let directory: string
  const file = (name: string) => join(directory, name)
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'sallyport-certificates-'))
    for (const kind of KEY_KINDS) {
      const ca = await makeCa(NAME, kind, Date.now())
      const server = await makeServerCertificate(NAME, ca, kind, Date.now())
      writeFileSync(file(`${kind}-ca.pem`), ca.certificate)
      writeFileSync(file(`${kind}.pem`), server.certificate)
    }
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  const verify = async (kind: string, ...more: readonly string[]) =>
    await runTool('openssl', [
      ...['verify', '-x509_strict', '-CAfile', file(`${kind}-ca.pem`), '-purpose', 'sslserver'],
      ...more,
      file(`${kind}.pem`),
    ])

  test.each(KEY_KINDS)('%s: fit for a server of that name, today and 800 days from now', async (kind) => {
    const later = String(Math.floor(Date.now() / 1000) + 800 * DAYS_TO_SECONDS)
    const ran = [await verify(kind, '-verify_hostname', NAME), await verify(kind, '-attime', later)]
    expect(ran.map(({ output }) => output)).toEqual(ran.map(() => `${file(`${kind}.pem`)}: OK\n`))
  })

  test.each(KEY_KINDS)(
    '%s: not for another name, by another CA, for a client, or after 820 days',
    async (kind) => {
      const other = KEY_KINDS.find((one) => one !== kind)!
      const late = String(Math.floor(Date.now() / 1000) + 821 * DAYS_TO_SECONDS)
      const ran = [
        await verify(kind, '-verify_hostname', 'other.example.org'),
        await verify(kind, '-CAfile', file(`${other}-ca.pem`), '-no-CApath'),
        await verify(kind, '-purpose', 'sslclient'),
        await verify(kind, '-attime', late),
      ]
      expect(ran.map(({ status }) => status === 0)).toEqual([false, false, false, false])
    },
  )
})
