/**
 * EAP-TTLS and PEAP as far as they are alike: a TLS handshake in fragments, then what is said inside of it, then keys made of
 * both. A session that was resumed says nothing inside; whether its user may still come in is decided anew all the same.
 */
import { EapType } from './eap_packet.ts'
import { type Decided, failure, type Method, type MethodStep, REJECTED, request } from './method.ts'
import type { Phase2, Phase2Step } from './phase2.ts'
import { TlsFraming } from './tls_framing.ts'
import type { RememberedSession, Tunnel } from './tunnel.ts'

export interface TlsMethodOptions {
  readonly type: typeof EapType.Ttls | typeof EapType.Peap
  readonly tunnel: Tunnel
  readonly phase2: Phase2
  /** Whether he who got in before may come in again. */
  readonly readmit: (session: RememberedSession) => Promise<Decided>
}

const MSK_OCTETS = 64
/** RFC 9427 §2.1: MSK and EMSK, which differ from a shorter export. Before TLS 1.3 it would begin with the same octets. */
const TLS13_KEY_OCTETS = 128
/** RFC 5281 §8; PEAP's is Microsoft's. RFC 9427 §2.1: TLS 1.3 has one for all, and the type as context. */
const KEY_LABELS = { [EapType.Ttls]: 'ttls keying material', [EapType.Peap]: 'client EAP encryption' }
const TLS13_KEY_LABEL = 'EXPORTER_EAP_TLS_Key_Material'

/** What is inside begins when the handshake has ended and nothing of it is left to send. */
type Phase = 'handshake' | 'inside' | 'resumed'

export class TlsMethod implements Method {
  readonly type: number
  readonly #options: TlsMethodOptions
  readonly #framing = new TlsFraming()
  #phase: Phase = 'handshake'
  /** Said when all of ours has been acknowledged. */
  #final: MethodStep | null = null

  constructor(options: TlsMethodOptions) {
    this.#options = options
    this.type = options.type
  }

  begin(): Uint8Array {
    return this.#framing.start()
  }

  async receive(data: Uint8Array, maxOctets: number): Promise<MethodStep> {
    const framed = this.#framing.receive(data)
    if (framed.kind === 'wrong') return this.#ended(failure(framed.reason))
    if (framed.kind === 'go-on') return request(this.#framing.next(maxOctets))
    if (this.#final !== null) return this.#ended(this.#final)
    const { records, octets, phase } = await this.#options.tunnel.receive(framed.octets)
    if (phase === 'failed') {
      // What TLS says of it, an alert, goes to the peer before the failure.
      this.#final = failure('tls-failed')
      return this.#say([records], maxOctets)
    }
    if (phase === 'handshake') return this.#say([records], maxOctets)
    // Before TLS 1.3 a peer takes nothing along with our Finished: it acknowledges that first.
    const isLastFlight = this.#phase === 'handshake' && records.length > 0 && !this.#options.tunnel.isTls13
    if (isLastFlight) return this.#say([records], maxOctets)
    const said = [records]
    if (this.#phase === 'handshake') said.push(...(await this.#established()))
    const isAcknowledgement = framed.octets.length === 0
    if (octets.length > 0 || isAcknowledgement) said.push(...(await this.#inside(octets)))
    return this.#say(said, maxOctets)
  }

  async #established(): Promise<Uint8Array[]> {
    const { tunnel, phase2, readmit } = this.#options
    const { resumed } = tunnel
    if (resumed === null) {
      this.#phase = 'inside'
      const first = await phase2.begin()
      return first === null ? [] : [await tunnel.send(first)]
    }
    this.#phase = 'resumed'
    const { accepted, serials } = await readmit(resumed)
    if (!accepted) {
      this.#final = REJECTED
      return []
    }
    const inside = phase2.resumed() ?? (tunnel.isTls13 ? COMMITMENT : null)
    await this.#succeed({ user: resumed.user, serials })
    return inside === null ? [] : [await tunnel.send(inside)]
  }

  async #inside(octets: Uint8Array): Promise<Uint8Array[]> {
    if (this.#phase !== 'inside' || this.#final !== null) return []
    const step = await this.#options.phase2.receive(octets)
    if (step.kind === 'send') return [await this.#options.tunnel.send(step.octets)]
    if (step.kind !== 'wait') await this.#conclude(step)
    return []
  }

  async #conclude(step: Extract<Phase2Step, { kind: 'success' | 'failure' }>): Promise<void> {
    if (step.kind === 'failure') {
      this.#final = failure(step.reason)
      return
    }
    this.#options.tunnel.remember(step)
    await this.#succeed(step)
  }

  async #succeed({ user }: RememberedSession): Promise<void> {
    this.#final = { kind: 'success', user, keyMaterial: this.#keyMaterial() }
  }

  /** What there is to say, or the end where nothing is left of it. */
  #say(said: readonly Uint8Array[], maxOctets: number): MethodStep {
    const octets = Buffer.concat(said)
    if (octets.length === 0 && this.#final !== null) return this.#ended(this.#final)
    this.#framing.send(octets)
    return request(this.#framing.next(maxOctets))
  }

  #ended(step: MethodStep): MethodStep {
    this.#options.tunnel.close()
    return step
  }

  #keyMaterial(): Uint8Array {
    const { tunnel, type } = this.#options
    if (!tunnel.isTls13) return tunnel.exportKey(MSK_OCTETS, KEY_LABELS[type], null)
    return tunnel.exportKey(TLS13_KEY_OCTETS, TLS13_KEY_LABEL, Uint8Array.of(type)).subarray(0, MSK_OCTETS)
  }
}

/** RFC 9427 §6.1: by one octet the server says that it is content, where nothing else is said inside. */
const COMMITMENT = Uint8Array.of(0)
