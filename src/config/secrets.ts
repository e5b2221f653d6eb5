/** Reads the clients' shared secrets, and their keys for TLS, that stand in files of their own. */
import { readFileSync, statSync } from 'node:fs'
import { Secret } from '../secret.ts'
import type { ClientConfig } from './clients.ts'
import type { Config } from './config.ts'
import { ConfigError, describeFileError } from './problems.ts'
import type { KeySource, TlsIdentity } from './radsec.ts'
import { secretFileWarnings, secretWarnings } from './warnings.ts'

export interface ResolvedClient extends Omit<ClientConfig, 'secret' | 'tls'> {
  readonly secret: Secret | null
  readonly tls?: TlsIdentity<Secret>
}

export interface ResolvedSecrets {
  readonly clients: readonly ResolvedClient[]
  readonly warnings: readonly string[]
}

/** Reads every `secret_file` and `psk_file`. Apart from `readConfig`, so that the first start can make one. Throws ConfigError. */
export function resolveSecrets(config: Config): ResolvedSecrets {
  const file = config.file ?? 'configuration'
  const problems: string[] = []
  const warnings: string[] = []
  const read = (source: KeySource, { name }: ClientConfig, key: string): Secret => {
    if ('value' in source) return source.value
    const found = readSecretFile(source.file)
    if (typeof found === 'string') {
      problems.push(`${file}: client "${name}": ${key} ${source.file} ${found}`)
      return new Secret('')
    }
    if (key === 'secret_file') warnings.push(...secretWarnings(name, found))
    warnings.push(...secretFileWarnings(name, source.file))
    return found
  }
  const clients = config.radius.clients.map((client): ResolvedClient => {
    const { secret, tls, ...rest } = client
    return {
      ...rest,
      secret: secret === null ? null : read(secret, client, 'secret_file'),
      ...resolveTls(tls, (source) => read(source, client, 'psk_file')),
    }
  })
  if (problems.length > 0) throw new ConfigError(problems, HINT)
  const unfit = unfitKeys(clients).map((problem) => `${file}: ${problem}`)
  if (unfit.length > 0) throw new ConfigError(unfit, KEY_HINT)
  return { clients, warnings }
}

const HINT =
  'Write the secret that is set on the device into that file, on one line, and let only the server read it (chmod 600).'
const KEY_HINT = 'Make one of its own for each client: openssl rand -hex 32'
const LONGEST = 1024
/** RFC 9813 §4.1; OpenSSL takes no longer ones than 512. */
const PSK_OCTETS = [16, 256] as const

function resolveTls(
  tls: TlsIdentity | undefined,
  read: (source: KeySource) => Secret,
): { tls?: TlsIdentity<Secret> } {
  if (tls === undefined) return {}
  const { psk } = tls
  return { tls: { ...tls, psk: psk === null ? null : { ...psk, key: keyOf(read(psk.key)) } } }
}

/** Text stands for its octets; devices often show hexadecimal digits. */
function keyOf(written: Secret): Secret {
  const [, digits] = /^hex:((?:[0-9a-f]{2})+)$/i.exec(textOf(written)) ?? []
  return digits === undefined ? written : new Secret(Buffer.from(digits, 'hex'))
}

/** RFC 9813 §4.1.1: what signs RADIUS over UDP can be guessed from one packet, and must not open TLS as well. */
function unfitKeys(clients: readonly ResolvedClient[]): string[] {
  const users = new Map<string, string>()
  for (const { name, secret } of clients)
    if (secret !== null) users.set(textOf(secret), `the secret of client "${name}"`)
  return clients.flatMap(({ name, tls }) => {
    if (tls === undefined || tls.psk === null) return []
    const { length } = tls.psk.key.reveal()
    const [least, most] = PSK_OCTETS
    if (length < least || length > most)
      return [`client "${name}": the psk has ${length} octets; it must have ${least} to ${most}`]
    const before = users.get(textOf(tls.psk.key))
    users.set(textOf(tls.psk.key), `the psk of client "${name}"`)
    return before === undefined ? [] : [`client "${name}": the psk is also ${before}; each needs its own`]
  })
}

/** One character for each octet, so that keys compare as what they are. */
function textOf(secret: Secret): string {
  return Buffer.from(secret.reveal()).toString('latin1')
}

/** The secret, or what is wrong with the file. */
function readSecretFile(file: string): Secret | string {
  try {
    if (!statSync(file).isFile()) return 'cannot be read: it is not a file'
    const octets = readFileSync(file)
    const end = octets.at(-1) !== 0x0a ? octets.length : octets.length - (octets.at(-2) === 0x0d ? 2 : 1)
    if (end === 0) return 'is empty'
    if (end > LONGEST) return `has ${end} octets; a shared secret has at most ${LONGEST}`
    return new Secret(Uint8Array.from(octets.subarray(0, end)))
  } catch (error) {
    return `cannot be read: ${describeFileError(error)}`
  }
}
