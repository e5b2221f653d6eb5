/** `sallyport test`: a minimal RADIUS client, so that a first login needs nothing but this machine. */
import { randomBytes, randomInt } from 'node:crypto'
import { type Command as Commander, Option } from 'commander'
import type { Attribute } from '../radius/attribute.ts'
import { AttributeType, Code } from '../radius/attributes.ts'
import { encodeRequest } from '../radius/packet.ts'
import { exchange, type NoResponse, type Request, type Response } from '../radius_exchange.ts'
import { type GlobalOptions, print, printJson } from './context.ts'
import { escapeText } from './escape.ts'
import { CliError, ExitStatus, usageError } from './exit_status.ts'
import { type Io, linesOfStdin } from './io.ts'
import { withProgress } from './progress.ts'
import {
  addressOf,
  formatEndpoint,
  loginAndClient,
  type RadiusTarget,
  radiusTarget,
} from './radius_target.ts'
import { askPassword } from './terminal.ts'
import { PROTOCOL_NAMES, PROTOCOLS, type Proof, type ProtocolName, type Prove } from './test_protocols.ts'
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
  readonly protocol: ProtocolName
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
    .description(
      'Sends a real RADIUS Access-Request and says what came back. It counts like any login. To an Access-Challenge it asks for the answer, and sends that.',
    )
    .argument('<login>', 'user name; or NAME@CLIENT, for --client CLIENT')
    .addOption(
      new Option(
        '--protocol <name>',
        'how the password is proved; challenge: the PIN first, the OTP when asked',
      )
        .choices(PROTOCOL_NAMES)
        .default('pap'),
    )
    .option('--server <address:port>', 'where to (default: the first radius.listen of the configuration)')
    .option(
      '--client <name>',
      'use the secret of this [[radius.clients]] (default: localhost, or the only one)',
    )
    .option('--secret-file <file>', 'read the shared secret from a file instead')
    .option(
      '--password-stdin',
      'read PIN and OTP from the first line of standard input, answers to challenges from the next ones',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ sallyport test alice\n  $ sallyport test alice@vpn --protocol chap\n\nExit status: 0 Access-Accept, 1 Access-Reject or an Access-Challenge without an answer, 3 no reply.',
    )
    .action(async (login: string, options: TestOptions) => done(await runTest(login, options, globals(), io)))
}

async function runTest(named: string, options: TestOptions, globals: GlobalOptions, io: Io): Promise<number> {
  const { login, ...chosen } = loginAndClient(named, options, globals, io)
  const conversation = { login, target: radiusTarget({ ...options, ...chosen }, globals, io), globals, io }
  const { first, next } = PROTOCOLS[options.protocol]
  const typed = options.passwordStdin ? linesOfStdin(io) : null
  try {
    const password = typed === null ? await askPassword(io, first.asks) : ((await nextLine(typed)) ?? '')
    let answer = await ask(conversation, first.prove, password)
    for (;;) {
      const state =
        answer.code === Code.AccessChallenge ? answer.attributes.first(AttributeType.State) : undefined
      if (state === undefined || next === null)
        return answer.code === Code.AccessAccept ? ExitStatus.done : ExitStatus.refused
      const reply = typed === null ? await askPassword(io, promptOf(answer)) : await nextLine(typed)
      if (reply === null) return ExitStatus.refused
      answer = await ask(conversation, next, reply, state)
    }
  } finally {
    await typed?.return()
  }
}

async function nextLine(lines: AsyncGenerator<string, void, void>): Promise<string | null> {
  return (await lines.next()).value ?? null
}

/** What the server wants to know, as a label. */
function promptOf({ attributes }: Response): string {
  const message = attributes
    .all(AttributeType.ReplyMessage)
    .map((octets) => Buffer.from(octets).toString('utf8'))
  return escapeText(message.join('')).replace(/[\s:]+$/, '') || 'Answer'
}

interface Conversation {
  readonly login: string
  readonly target: RadiusTarget
  readonly globals: GlobalOptions
  readonly io: Io
}

/** Sends one request, and shows it and what came back; by EAP as many as it takes. */
async function ask(
  { login, target, globals, io }: Conversation,
  prove: Prove,
  password: string,
  state?: Uint8Array,
): Promise<Response> {
  const { client } = target
  const { request, proof } = await accessRequest(login, password, state, target, prove)
  const { eap, userName = login } = proof
  const sent: Sent = {
    login: userName,
    client,
    server: formatEndpoint(request),
    octets: request.octets.length,
    proof: proof.shown,
    nasIdentifier: NAS_IDENTIFIER,
    state: state?.length ?? null,
  }
  if (!globals.json) print(io, describeSent(sent))
  const exchanged = async (asked: Request) => await exchange(asked, PATIENCE).catch(unreachable)
  const again = (attributes: readonly Attribute[]) => requestOf(userName, attributes, request)
  const answer = await withProgress(
    io,
    `waiting for ${sent.server}`,
    eap === undefined
      ? exchanged(request)
      : eap.run((attributes) => exchanged(attributes === null ? request : again(attributes))),
  )
  if (eap !== undefined && !globals.json) print(io, eap.describe())
  if (answer.kind === 'no-response') {
    const { message, hint } = describeNoResponse(answer, sent)
    throw new CliError(ExitStatus.noServer, message, hint)
  }
  const objection = proof.objection(answer.code, answer.attributes)
  if (globals.json) printJson(io, responseObject(answer, sent))
  else print(io, describeResponse(answer))
  if (objection !== null) throw new CliError(ExitStatus.refused, objection)
  return answer
}

async function accessRequest(
  login: string,
  password: string,
  state: Uint8Array | undefined,
  { endpoint, secret, dataDir }: RadiusTarget,
  prove: Prove,
): Promise<{ readonly request: Request; readonly proof: Proof }> {
  const host = await addressOf(endpoint.host)
  const requestAuthenticator = randomBytes(16)
  try {
    const proof = await prove({ login, password, requestAuthenticator, secret, dataDir })
    const attributes = [
      ...proof.attributes,
      ...(state === undefined ? [] : [{ type: AttributeType.State, value: state }]),
    ]
    const to = { host, port: endpoint.port, secret }
    return { request: requestOf(proof.userName ?? login, attributes, to, requestAuthenticator), proof }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw usageError('RADIUS cannot carry this: a user name has at most 253 octets, a password 128')
  }
}

function requestOf(
  userName: string,
  proof: readonly Attribute[],
  { host, port, secret }: Pick<Request, 'host' | 'port' | 'secret'>,
  requestAuthenticator: Uint8Array = randomBytes(16),
): Request {
  const identifier = randomInt(256)
  const attributes = [
    { type: AttributeType.UserName, value: Buffer.from(userName) },
    ...proof,
    { type: AttributeType.NasIdentifier, value: Buffer.from(NAS_IDENTIFIER) },
  ]
  const octets = encodeRequest(Code.AccessRequest, identifier, requestAuthenticator, attributes, secret)
  return { host, port, identifier, requestAuthenticator, octets, secret }
}

function unreachable(error: unknown): NoResponse {
  const { code = '' } = error as NodeJS.ErrnoException
  if (!['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EACCES'].includes(code)) throw error
  return { kind: 'no-response', tries: 1, refused: true, discarded: [] }
}
