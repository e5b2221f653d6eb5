/**
 * The ways in which `sallyport test` can prove that it knows the password, and what each demands of the answer. One line of
 * the table is all that a protocol needs; the order is that of `--help`.
 */
import { randomBytes, randomInt } from 'node:crypto'
import type { Attribute } from '../radius/attribute.ts'
import type { AttributeList } from '../radius/attribute_list.ts'
import { AttributeType, Code } from '../radius/attributes.ts'
import { chapPassword } from '../radius/chap.ts'
import { eapMessageAttributes } from '../radius/eap_message.ts'
import { hidePassword } from '../radius/password.ts'
import type { SharedSecret } from '../radius/shared_secret.ts'
import type { PeerOptions } from './eap_peer.ts'
import type { EapTrial } from './eap_trial.ts'

export interface Asking {
  readonly login: string
  readonly password: string
  readonly requestAuthenticator: Uint8Array
  readonly secret: SharedSecret
  /** The server's data directory, if it is on this machine. */
  readonly dataDir: string | null
}

export interface Proof {
  readonly attributes: readonly Attribute[]
  /** Name and what is shown of it, for people; nothing secret. */
  readonly shown: readonly (readonly [name: string, value: string])[]
  /** What is wrong with a reply that is what it claims to be; null if nothing is. */
  readonly objection: (code: number, attributes: AttributeList) => string | null
  /** Where it is not the login: what an access point hears of a device that hides who it is. */
  readonly userName?: string
  /** Whoever goes on when the server asks for more. */
  readonly eap?: EapTrial
}

/** What one makes of login and password for a request. Throws RangeError for what RADIUS cannot carry. */
export type Prove = (asking: Asking) => Proof | Promise<Proof>

export interface Protocol {
  /** `asks`: what is to be typed at first, as a label. */
  readonly first: { readonly asks: string; readonly prove: Prove }
  /** Of the answer to a challenge; null where the protocol itself goes on to the end. */
  readonly next: Prove | null
}

const BOTH = 'Password (PIN and OTP)'
const both = (prove: Prove): Protocol => ({ first: { asks: BOTH, prove }, next: prove })
const eap = (outer: PeerOptions['outer'], inner: PeerOptions['inner']): Protocol => {
  return { first: { asks: BOTH, prove: eapProof(outer, inner) }, next: null }
}

export const PROTOCOLS = {
  pap: both(pap),
  chap: both(chap),
  mschapv2: both(mschapv2),
  challenge: { first: { asks: 'PIN', prove: pinFirst }, next: pap },
  'eap-ttls-pap': eap('ttls', 'pap'),
  'eap-ttls-gtc': eap('ttls', 'gtc'),
  'peap-gtc': eap('peap', 'gtc'),
  'eap-gtc': eap('gtc', 'gtc'),
} as const satisfies Record<string, Protocol>
export type ProtocolName = keyof typeof PROTOCOLS
export const PROTOCOL_NAMES = Object.keys(PROTOCOLS) as readonly ProtocolName[]

const CHALLENGE_OCTETS = 16
const HIDDEN = '(hidden)'
const satisfied = () => null

function pap({ password, requestAuthenticator, secret }: Asking): Proof {
  const value = hidePassword(password, requestAuthenticator, secret)
  return {
    attributes: [{ type: AttributeType.UserPassword, value }],
    shown: [['User-Password', HIDDEN]],
    objection: satisfied,
  }
}

/** RFC 2865 §4.4: the PIN alone, which the server must not be satisfied with. */
function pinFirst(asking: Asking): Proof {
  const objection = (code: number) =>
    code === Code.AccessChallenge
      ? null
      : 'no Access-Challenge: the client has no challenge = true, the PIN is wrong, or no token can be used'
  return { ...pap(asking), objection }
}

/** RFC 2865 §2.2, with a challenge of its own as most devices have it. */
function chap({ password }: Asking): Proof {
  const challenge = randomBytes(CHALLENGE_OCTETS)
  return {
    attributes: [
      { type: AttributeType.ChapPassword, value: chapPassword(randomInt(256), password, challenge) },
      { type: AttributeType.ChapChallenge, value: challenge },
    ],
    shown: [
      ['CHAP-Password', HIDDEN],
      ['CHAP-Challenge', '16 octets'],
    ],
    objection: satisfied,
  }
}

/** RFC 2548 §2.3. Loaded when it is asked for: MD4 and DES take time to be made ready. */
async function mschapv2({ login, password }: Asking): Promise<Proof> {
  const { msChapV2Exchange } = await import('../radius/mschap_client.ts')
  const { attributes, checkSuccess } = msChapV2Exchange({
    login,
    password,
    identifier: randomInt(256),
    authenticatorChallenge: randomBytes(CHALLENGE_OCTETS),
    peerChallenge: randomBytes(CHALLENGE_OCTETS),
  })
  return {
    attributes,
    shown: [
      ['MS-CHAP-Challenge', '16 octets'],
      ['MS-CHAP2-Response', HIDDEN],
    ],
    objection: (code, answered) => (code === Code.AccessAccept ? SAID[checkSuccess(answered)] : null),
  }
}

/** RFC 3579 §2. Loaded when it is asked for, as TLS is. */
function eapProof(outer: PeerOptions['outer'], inner: PeerOptions['inner']): Prove {
  return async ({ login, password, dataDir }) => {
    const { eapTrial } = await import('./eap_trial.ts')
    const trial = await eapTrial({ outer, inner, login, password }, dataDir)
    const userName = outer === 'gtc' ? login : 'anonymous'
    return {
      userName,
      attributes: eapMessageAttributes(trial.first),
      shown: [['EAP-Message', `Response, Identity ${userName}`]],
      objection: satisfied,
      eap: trial,
    }
  }
}

const SAID = {
  right: null,
  absent: 'the Access-Accept has no MS-CHAP2-Success: a Windows client would not go on',
  wrong: 'MS-CHAP2-Success is wrong: who answered does not know the password',
}
