/** What `sallyport test` sent and what came back, in words. */
import { AttributeType, Code } from '../radius/attributes.ts'
import type { NoResponse, Response } from '../radius_exchange.ts'
import { inWords } from './attribute_words.ts'
import { block, indent } from './layout.ts'

export interface Sent {
  readonly login: string
  /** null: the secret came from a file. */
  readonly client: string | null
  /** `127.0.0.1:1812` */
  readonly server: string
  readonly octets: number
  readonly nasIdentifier: string
  /** What is shown of the attributes that prove the password. */
  readonly proof: readonly (readonly [name: string, value: string])[]
  /** Octets of the State that is sent back; null: none. */
  readonly state: number | null
}

export function describeSent({ login, client, server, octets, nasIdentifier, proof, state }: Sent): string[] {
  const secret = client === null ? '' : `, with the secret of client ${client}`
  return [
    ...block([['sent', `Access-Request to ${server}, ${octets} octets${secret}`]]),
    ...indent(
      block([
        ['User-Name', login],
        ...proof.map(([name, value]): [string, string] => [name, value]),
        ['NAS-Identifier', nasIdentifier],
        ['State', state === null ? null : lengthOf(state)],
        ['Message-Authenticator', '(made)'],
      ]),
    ),
  ]
}

export function describeResponse({ code, signed, attributes, elapsedMs, octets }: Response): string[] {
  const signature = signed ? 'signed' : 'NOT signed: the server sends no Message-Authenticator'
  return [
    ...block([
      ['received', `${codeName(code)} after ${Math.round(elapsedMs)} ms, ${octets} octets, ${signature}`],
    ]),
    ...indent(block([...attributes].filter(isShown).flatMap(inWords))),
  ]
}

/** For --json. */
export function responseObject(
  { code, signed, attributes, elapsedMs }: Response,
  { server, client }: Sent,
): object {
  return {
    code: codeName(code),
    server,
    client,
    signed,
    elapsedMs: Math.round(elapsedMs),
    attributes: [...attributes]
      .filter(isShown)
      .flatMap(inWords)
      .map(([name, value]) => ({ name, value })),
  }
}

export function describeNoResponse(
  { tries, refused, discarded }: NoResponse,
  { server, client }: Sent,
): { message: string; hint: string } {
  if (discarded.length > 0) {
    return {
      message: `${server} answered, but not with the secret that we have (${discarded.join(', ')})`,
      hint: `the shared secret differs: compare ${client === null ? 'the file' : `[[radius.clients]] ${client}`} with the server's`,
    }
  }
  if (refused) {
    return {
      message: `nothing listens on ${server}`,
      hint: 'start it with `sallyport serve`, or name its address with --server; `sallyport server status` shows the listeners',
    }
  }
  return {
    message: `no reply from ${server} after ${tries} tries`,
    hint: [
      'likely causes, and the log of the server names which:',
      '  - this machine is no client: no [[radius.clients]] has the address that we send from',
      '  - another shared secret: a request signed with a wrong one is discarded without a word',
      '  - a firewall on the way, or the database does not answer',
    ].join('\n'),
  }
}

function codeName(code: number): string {
  const [name] = Object.entries(Code).find(([, value]) => value === code) ?? [`code ${code}`]
  return hyphenated(name)
}

/** `AccessAccept` -> `Access-Accept` */
function hyphenated(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1-$2')
}

function isShown({ type }: { readonly type: number }): boolean {
  // EAP is told by itself (eap_trial.ts).
  return type !== AttributeType.MessageAuthenticator && type !== AttributeType.EapMessage
}

function lengthOf(octets: number): string {
  return `(${octets} octets)`
}
