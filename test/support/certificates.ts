/** Certificates as an administrator makes them: by the openssl of the system, in a directory of the test. */
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
  readonly cert: string
  readonly key: string
  /** As `tls.fingerprint` of a client has it. */
  readonly fingerprint: string
}

export interface CertificateOptions {
  /** Such as `DNS:vpn.example.org, IP:127.0.0.1`; or `@NAME` with that section of openssl's configuration behind it. */
  readonly san?: string
  /** From now; -1 for one that has run out. */
  readonly days?: number
  readonly usage?: 'clientAuth' | 'serverAuth'
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' })
}

export class Authority {
  readonly own: Certificate
  readonly #directory: string
  readonly #name: string
  #issued = 0

  constructor(directory: string, name: string) {
    this.#directory = directory
    this.#name = name
    this.own = selfSigned(directory, name)
  }

  issue(commonName: string, { san, days = 90, usage }: CertificateOptions = {}): Certificate {
    const base = join(this.#directory, `${this.#name}-${++this.#issued}`)
    openssl('req', ...NEW_KEY, '-keyout', `${base}.key`, '-out', `${base}.csr`, '-subj', `/CN=${commonName}`)
    const extensions = [
      ...(usage === undefined ? [] : [`extendedKeyUsage=${usage}`]),
      ...(san === undefined ? [] : [`subjectAltName=${san}`]),
    ]
    writeFileSync(`${base}.ext`, `${extensions.join('\n')}\n`)
    const signed = ['-CA', this.own.certFile, '-CAkey', this.own.keyFile, '-days', String(days)]
    openssl('x509', '-req', '-in', `${base}.csr`, ...signed, '-extfile', `${base}.ext`, '-out', `${base}.pem`)
    return read(`${base}.pem`, `${base}.key`)
  }
}

export function selfSigned(directory: string, name: string): Certificate {
  const base = join(directory, name)
  const files = ['-keyout', `${base}.key`, '-out', `${base}.pem`]
  openssl('req', '-x509', ...NEW_KEY, ...files, '-subj', `/CN=${name}`, '-days', '90')
  return read(`${base}.pem`, `${base}.key`)
}

function read(certFile: string, keyFile: string): Certificate {
  const cert = readFileSync(certFile, 'utf8')
  const fingerprint = `sha256:${new X509Certificate(cert).fingerprint256}`
  return { certFile, keyFile, cert, key: readFileSync(keyFile, 'utf8'), fingerprint }
}
