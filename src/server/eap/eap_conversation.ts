/** One EAP conversation of one user with us: its methods, their tunnel, and what was decided. Knows nothing of RADIUS. */
import { randomBytes, randomInt } from 'node:crypto'
import type { AccountRecord } from '../../auth/account.ts'
import { Authenticator, type AuthenticatorStep, type MethodChoice } from '../../eap/authenticator.ts'
import { EapType } from '../../eap/eap_packet.ts'
import { gtc } from '../../eap/gtc.ts'
import type { Decide, Decided, Method } from '../../eap/method.ts'
import { msChapV2 } from '../../eap/mschapv2.ts'
import { peap } from '../../eap/peap.ts'
import { TlsMethod } from '../../eap/tls_method.ts'
import { ttls } from '../../eap/ttls.ts'
import type { RememberedSession } from '../../eap/tunnel.ts'
import type { Conversation } from './eap_conversations.ts'
import type { EapSessions } from './eap_sessions.ts'
import { EapTunnel } from './eap_tunnel.ts'
import type { HandshakeServers } from './handshake_servers.ts'

/** The one road to a decision; which request it is for is known to whoever made it. */
export interface Judge {
  decide(...asked: Parameters<Decide>): Promise<Judged>
  readmit(session: RememberedSession, method: string): Promise<Judged>
}

/** `record`: what is set about the user, for the Accept that this may lead to. */
export interface Judged extends Decided {
  readonly record?: AccountRecord
}

export interface EapConversationOptions {
  readonly client: string
  readonly servers: HandshakeServers
  readonly sessions: EapSessions
}

const CHALLENGE_OCTETS = 16

export class EapConversation implements Conversation {
  readonly #options: EapConversationOptions
  readonly #authenticator: Authenticator
  #tunnel: EapTunnel | null = null
  #judge: Judge | null = null
  #record: AccountRecord | undefined

  constructor(options: EapConversationOptions) {
    this.#options = options
    this.#authenticator = new Authenticator({
      methods: [
        { type: EapType.Ttls, make: () => this.#ttls() },
        { type: EapType.Peap, make: () => this.#peap() },
        { type: EapType.Gtc, make: (user) => gtc(user, 'eap-gtc', this.#decide) },
      ],
      firstIdentifier: randomInt(256),
    })
  }

  /** Of the user who was let in last. */
  get record(): AccountRecord | undefined {
    return this.#record
  }

  get client(): string {
    return this.#options.client
  }

  get isEstablished(): boolean {
    return this.#tunnel?.isEstablished ?? false
  }

  /** The first message: an identity, or nothing (EAP-Start). Null if it is neither. */
  async begin(packet: Uint8Array): Promise<AuthenticatorStep | null> {
    return packet.length === 0 ? this.#authenticator.begin() : await this.#authenticator.beginWith(packet)
  }

  /** `judge`: for whatever this message brings to be decided. */
  async receive(packet: Uint8Array, maxOctets: number, judge: Judge): Promise<AuthenticatorStep> {
    this.#judge = judge
    return await this.#authenticator.receive(packet, maxOctets)
  }

  close(): void {
    this.#tunnel?.close()
  }

  readonly #decide: Decide = async (user, credential, method) =>
    this.#judged(await this.#judge!.decide(user, credential, method))

  #judged(judged: Judged): Decided {
    this.#record = judged.accepted ? judged.record : undefined
    return judged
  }

  #ttls(): Method {
    const tunnel = this.#open(EapType.Ttls)
    const phase2 = ttls({
      decide: this.#decide,
      // RFC 5281 §11.1, and RFC 9427 §2.3 for TLS 1.3: the label is the same.
      implicitChallenge: (octets) => tunnel.exportKey(octets, 'ttls challenge', null),
      makeInner: (decide) => inner('eap-ttls', decide),
    })
    return this.#tlsMethod(EapType.Ttls, 'eap-ttls', tunnel, phase2)
  }

  #peap(): Method {
    const tunnel = this.#open(EapType.Peap)
    const phase2 = peap({ decide: this.#decide, makeInner: (decide) => inner('eap-peap', decide) })
    return this.#tlsMethod(EapType.Peap, 'eap-peap', tunnel, phase2)
  }

  #tlsMethod(
    type: typeof EapType.Ttls | typeof EapType.Peap,
    name: string,
    tunnel: EapTunnel,
    phase2: ReturnType<typeof peap>,
  ): Method {
    const readmit = async (session: RememberedSession) =>
      this.#judged(await this.#judge!.readmit(session, name))
    return new TlsMethod({ type, tunnel, phase2, readmit })
  }

  #open(type: number): EapTunnel {
    this.#tunnel?.close()
    this.#tunnel = new EapTunnel({ ...this.#options, type })
    return this.#tunnel
  }
}

/** GTC first: it gives the text that was typed, and so fits every way to keep PINs. */
function inner(name: string, decide: Decide): Authenticator {
  const methods: MethodChoice[] = [
    { type: EapType.Gtc, make: (user) => gtc(user, `${name}-gtc`, decide) },
    {
      type: EapType.MsChapV2,
      make: (user) =>
        msChapV2({
          user,
          name: `${name}-mschapv2`,
          challenge: randomBytes(CHALLENGE_OCTETS),
          failureChallenge: randomBytes(CHALLENGE_OCTETS),
          decide,
        }),
    },
  ]
  return new Authenticator({ methods, firstIdentifier: randomInt(256) })
}
