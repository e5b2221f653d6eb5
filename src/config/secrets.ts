/** Reads the clients' shared secrets that stand in files of their own. */
import { readFileSync, statSync } from 'node:fs'
import { Secret } from '../secret.ts'
import type { ClientConfig } from './clients.ts'
import type { Config } from './config.ts'
import { ConfigError, describeFileError } from './problems.ts'
import { secretFileWarnings, secretWarnings } from './warnings.ts'

export interface ResolvedClient extends Omit<ClientConfig, 'secret'> {
  readonly secret: Secret
}

export interface ResolvedSecrets {
  readonly clients: readonly ResolvedClient[]
  readonly warnings: readonly string[]
}

/** Reads every `secret_file`. Apart from `readConfig`, so that the first start can make one. Throws ConfigError. */
export function resolveSecrets(config: Config): ResolvedSecrets {
  const problems: string[] = []
  const warnings: string[] = []
  const clients = config.radius.clients.map((client): ResolvedClient => {
    if ('value' in client.secret) return { ...client, secret: client.secret.value }
    const found = readSecretFile(client.secret.file)
    if (typeof found === 'string') {
      problems.push(
        `${config.file ?? 'configuration'}: client "${client.name}": secret_file ${client.secret.file} ${found}`,
      )
      return { ...client, secret: new Secret('') }
    }
    warnings.push(
      ...secretWarnings(client.name, found),
      ...secretFileWarnings(client.name, client.secret.file),
    )
    return { ...client, secret: found }
  })
  if (problems.length > 0) throw new ConfigError(problems, HINT)
  return { clients, warnings }
}

const HINT =
  'Write the secret that is set on the device into that file, on one line, and let only the server read it (chmod 600).'
const LONGEST = 1024

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
