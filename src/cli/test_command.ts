/** `sallyport test`: a minimal RADIUS client, so that a first login needs nothing but this machine. */
import { randomBytes, randomInt } from 'node:crypto'
import type { Command as Commander } from 'commander'
import type { Endpoint } from '../network.ts'
import { AttributeType, Code } from '../radius/attributes.ts'
import { encodeRequest } from '../radius/packet.ts'
import { hidePassword } from '../radius/password.ts'
import type { SharedSecret } from '../radius/shared_secret.ts'
import { exchange, type NoResponse, type Request } from '../radius_exchange.ts'
import { type GlobalOptions, print, printJson } from './context.ts'
import { CliError, ExitStatus, usageError } from './exit_status.ts'
import { type Io, readLineOfStdin } from './io.ts'
import { withProgress } from './progress.ts'
import { addressOf, formatEndpoint, radiusTarget } from './radius_target.ts'
import { askPassword } from './terminal.ts'
import {
  describeNoResponse,
  describeResponse,
  describeSent,
  responseObject,
  type Sent,
} from './test_report.ts'

interface TestOptions {
  readonly server?: string
  readonly client?: string
  readonly secretFile?: string
  readonly passwordStdin?: boolean
}

/** RFC 5080 §2.2.1 asks for patience; NASes use 3 seconds and 3 tries. */
const PATIENCE = { tries: 3, intervalMs: 3000 }
const NAS_IDENTIFIER = 'sallyport-test'

export function addTestCommand(
  program: Commander,
  globals: () => GlobalOptions,
  io: Io,
  done: (status: number) => void,
): void {
  program
    .command('test')
    .summary('send a RADIUS request as a VPN gateway would')
    .description('Sends a real RADIUS Access-Request and says what came back. It counts like any login.')
    .argument('<login>', 'user name')
    .option('--server <address:port>', 'where to (default: the first radius.listen of the configuration)')
    .option(
      '--client <name>',
      'use the secret of this [[radius.clients]] (default: localhost, or the only one)',
    )
    .option('--secret-file <file>', 'read the shared secret from a file instead')
    .option('--password-stdin', 'read PIN and OTP from the first line of standard input')
    .addHelpText(
      'after',
      '\nExample:\n  $ sallyport test alice\n\nExit status: 0 Access-Accept, 1 Access-Reject, 3 no reply.',
    )
    .action(async (login: string, options: TestOptions) => done(await runTest(login, options, globals(), io)))
}

async function runTest(login: string, options: TestOptions, globals: GlobalOptions, io: Io): Promise<number> {
  const { endpoint, secret, client } = radiusTarget(options, globals, io)
  const password = options.passwordStdin
    ? await readLineOfStdin(io)
    : await askPassword(io, 'Password (PIN and OTP)')
  const request = await accessRequest(login, password, endpoint, secret)
  const sent: Sent = {
    login,
    client,
    server: formatEndpoint(request),
    octets: request.octets.length,
    nasIdentifier: NAS_IDENTIFIER,
  }
  if (!globals.json) print(io, describeSent(sent))
  const answer = await withProgress(
    io,
    `waiting for ${sent.server}`,
    exchange(request, PATIENCE).catch(unreachable),
  )
  if (answer.kind === 'no-response') {
    const { message, hint } = describeNoResponse(answer, sent)
    throw new CliError(ExitStatus.noServer, message, hint)
  }
  if (globals.json) printJson(io, responseObject(answer, sent))
  else print(io, describeResponse(answer))
  return answer.code === Code.AccessAccept ? ExitStatus.done : ExitStatus.refused
}

async function accessRequest(
  login: string,
  password: string,
  endpoint: Endpoint,
  secret: SharedSecret,
): Promise<Request> {
  const host = await addressOf(endpoint.host)
  const identifier = randomInt(256)
  const requestAuthenticator = randomBytes(16)
  try {
    const attributes = [
      { type: AttributeType.UserName, value: Buffer.from(login) },
      { type: AttributeType.UserPassword, value: hidePassword(password, requestAuthenticator, secret) },
      { type: AttributeType.NasIdentifier, value: Buffer.from(NAS_IDENTIFIER) },
    ]
    const octets = encodeRequest(Code.AccessRequest, identifier, requestAuthenticator, attributes, secret)
    return { host, port: endpoint.port, identifier, requestAuthenticator, octets, secret }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw usageError('RADIUS cannot carry this: a user name has at most 253 octets, a password 128')
  }
}

function unreachable(error: unknown): NoResponse {
  const { code = '' } = error as NodeJS.ErrnoException
  if (!['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EACCES'].includes(code)) throw error
  return { kind: 'no-response', tries: 1, refused: true, discarded: [] }
}
