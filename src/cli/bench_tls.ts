/** `sallyport bench --tls`: where to, and by which certificate. The secret is that of RFC 6614 for all. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import { readConfig } from '../config/config.ts'
import { SharedSecret } from '../radius/shared_secret.ts'
import { configFile, type GlobalOptions } from './context.ts'
import { usageError } from './exit_status.ts'
import type { Io } from './io.ts'
import { parseServer, type RadiusTarget, reachable } from './radius_target.ts'

export interface TlsOptions {
  readonly server?: string
  readonly tls?: boolean
  readonly certificate?: string
  readonly key?: string
  readonly ca?: string
}

/** The server that is named, else the first `radsec.listen`. */
export function tlsTarget({ server }: TlsOptions, globals: GlobalOptions, io: Io): RadiusTarget {
  const secret = new SharedSecret('radsec')
  if (server !== undefined)
    return { endpoint: parseServer(server, '<address:port>'), secret, client: null, dataDir: null }
  const config = readConfig({ file: configFile(globals, io), env: io.env, cwd: io.cwd })
  const [first] = config.radsec.listen
  if (first === undefined)
    throw usageError('radsec.listen is empty in the configuration', 'name the server: <address:port>')
  return { endpoint: reachable(first), secret, client: null, dataDir: null }
}

/** Throws CliError. `isLocal`: who listens on this machine is believed without a certificate that we know. */
export function tlsOptions(
  { certificate, key, ca }: TlsOptions,
  { cwd }: Pick<Io, 'cwd'>,
  isLocal: boolean,
): ConnectionOptions {
  const read = (option: string, file: string) => {
    try {
      return readFileSync(resolve(cwd, file), 'utf8')
    } catch (error) {
      throw usageError(`${option} ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`)
    }
  }
  if (certificate === undefined || key === undefined)
    throw usageError(
      '--tls needs --certificate and --key',
      'those of a client that has tls in the configuration',
    )
  if (ca === undefined && !isLocal)
    throw usageError('--tls needs --ca for a server elsewhere', 'the certificate that signed its own')
  return {
    cert: read('--certificate', certificate),
    key: read('--key', key),
    ...(ca === undefined ? { rejectUnauthorized: false } : { ca: read('--ca', ca) }),
    // It is named by its address here, and by its name in its certificate.
    checkServerIdentity: () => undefined,
  }
}
