/**
 * The other side of EAP, as a device plays it (RFC 3748 §2: the peer): for the test client. Speaks GTC, EAP-TTLS with PAP or
 * GTC inside, and PEAP with GTC. Judges the server's certificate by a CA, if it is given one.
 */
import tls from 'node:tls'
import { encodeAvp, parseAvps } from '../eap/avp.ts'
import { EAP_HEADER_OCTETS, EapCode, EapType, encodeResponse } from '../eap/eap_packet.ts'
import { TlsFraming } from '../eap/tls_framing.ts'
import { AttributeType } from '../radius/attributes.ts'
import { TlsWire } from '../tls_wire.ts'

export interface PeerOptions {
  readonly outer: 'gtc' | 'ttls' | 'peap'
  readonly inner: 'pap' | 'gtc'
  readonly login: string
  readonly password: string
  /** PEM; null: any server is believed. */
  readonly ca: string | null
  /** Of an earlier conversation: to be resumed. */
  readonly session?: Buffer
  readonly tls?: 'TLSv1.2' | 'TLSv1.3'
  /** For whoever plays many devices: in place of what `ca` and `tls` say. */
  readonly context?: tls.SecureContext
}

const TYPES = { gtc: EapType.Gtc, ttls: EapType.Ttls, peap: EapType.Peap } as const
const ANONYMOUS = Buffer.from('anonymous')
const MAX_OCTETS = 1024
const PAP_BLOCK_OCTETS = 16
const RESULT_SUCCESS = Uint8Array.of(0x80, 3, 0, 2, 0, 1)
const NOTHING = new Uint8Array()

export class EapPeer {
  readonly #options: PeerOptions
  readonly #framing = new TlsFraming()
  readonly #wire = new TlsWire()
  #socket: tls.TLSSocket | null = null
  #isSecure = false
  #hasSpoken = false
  #decrypted: Buffer[] = []
  #failure: Error | null = null
  /** By which a later conversation goes on with this one's; TLS 1.3 gives it late, if at all. */
  session: Buffer | null = null

  constructor(options: PeerOptions) {
    this.#options = options
  }

  get protocol(): string | null {
    return this.#socket?.getProtocol() ?? null
  }

  get isResumed(): boolean {
    return this.#socket?.isSessionReused() ?? false
  }

  /** The answer to a Request. Throws what TLS says against the server. */
  async respond(request: Uint8Array): Promise<Uint8Array> {
    const { outer, login, password } = this.#options
    const [, identifier, , , type] = request
    const data = request.subarray(EAP_HEADER_OCTETS + 1)
    if (request[0] !== EapCode.Request || identifier === undefined || type === undefined)
      throw new Error('the server sent no EAP-Request in its Access-Challenge')
    if (type === EapType.Identity)
      return encodeResponse(identifier, type, outer === 'gtc' ? Buffer.from(login) : ANONYMOUS)
    const wanted = TYPES[outer]
    if (type !== wanted) return encodeResponse(identifier, EapType.Nak, Uint8Array.of(wanted))
    if (type === EapType.Gtc) return encodeResponse(identifier, type, Buffer.from(password))
    return encodeResponse(identifier, type, await this.#tls(data))
  }

  close(): void {
    this.#socket?.destroy()
    this.#wire.destroy()
  }

  /** RFC 5216 §2.3 and its like: 64 octets, of which the server gives the halves to the client. */
  keyMaterial(): Uint8Array {
    const socket = this.#socket!
    const type = TYPES[this.#options.outer]
    const exportKey = socket.exportKeyingMaterial as (
      octets: number,
      label: string,
      context?: Buffer,
    ) => Buffer
    const material =
      this.protocol === 'TLSv1.3'
        ? exportKey.call(socket, 128, 'EXPORTER_EAP_TLS_Key_Material', Buffer.of(type))
        : exportKey.call(
            socket,
            128,
            type === EapType.Ttls ? 'ttls keying material' : 'client EAP encryption',
          )
    return material.subarray(0, 64)
  }

  async #tls(data: Uint8Array): Promise<Uint8Array> {
    const framed = this.#framing.receive(Uint8Array.of(data[0]! & ~START, ...data.subarray(1)))
    if (framed.kind === 'wrong') throw new Error(`the server’s EAP is wrong: ${framed.reason}`)
    if (framed.kind === 'go-on') return this.#framing.next(MAX_OCTETS)
    if (this.#socket === null) this.#connect()
    else if (framed.octets.length > 0) this.#wire.push(framed.octets)
    await this.#wire.settled()
    if (this.#failure !== null) throw this.#failure
    const said = Buffer.concat(this.#decrypted.splice(0))
    const inside = this.#isSecure ? this.#inside(said) : NOTHING
    if (inside.length > 0) this.#socket?.write(inside)
    await this.#wire.settled()
    this.#framing.send(this.#wire.takeWritten())
    return this.#framing.next(MAX_OCTETS)
  }

  #connect(): void {
    const { ca, session, tls: version, context } = this.#options
    const socket = tls.connect({
      socket: this.#wire,
      rejectUnauthorized: ca !== null,
      // Which name is right, the profile of a device says; here the CA is enough, since it signs for nobody else.
      checkServerIdentity: () => undefined,
      ...(ca === null ? {} : { ca }),
      ...(context === undefined ? {} : { secureContext: context }),
      ...(session === undefined ? {} : { session }),
      ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
    })
    socket.on('secureConnect', () => {
      this.#isSecure = true
      this.#wire.happened()
    })
    socket.on('session', (octets) => {
      this.session = octets
    })
    socket.on('data', (octets: Buffer) => {
      this.#decrypted.push(octets)
      this.#wire.happened()
    })
    socket.on('error', (error) => {
      this.#failure = error
      this.#wire.happened()
    })
    this.#socket = socket
  }

  #inside(said: Uint8Array): Uint8Array {
    const { outer, inner, login, password } = this.#options
    if (this.isResumed) return outer === 'peap' && isResult(said) ? resultTo(said) : NOTHING
    if (outer === 'peap') return said.length === 0 ? NOTHING : this.#insidePeap(said)
    if (!this.#hasSpoken) {
      this.#hasSpoken = true
      if (inner === 'pap') return papAvps(login, password)
      return eapAvp(encodeResponse(0, EapType.Identity, Buffer.from(login)))
    }
    const packet = (parseAvps(said) ?? []).find(
      ({ vendor, code }) => vendor === 0 && code === AttributeType.EapMessage,
    )
    if (packet === undefined) return NOTHING
    const { value } = packet
    const answer = value[EAP_HEADER_OCTETS] === EapType.Gtc ? Buffer.from(password) : Buffer.of(EapType.Gtc)
    const type = value[EAP_HEADER_OCTETS] === EapType.Gtc ? EapType.Gtc : EapType.Nak
    return eapAvp(encodeResponse(value[1]!, type, answer))
  }

  #insidePeap(said: Uint8Array): Uint8Array {
    const { login, password } = this.#options
    if (isResult(said)) return resultTo(said)
    if (said[0] === EapType.Identity)
      return Buffer.concat([Uint8Array.of(EapType.Identity), Buffer.from(login)])
    if (said[0] === EapType.Gtc) return Buffer.concat([Uint8Array.of(EapType.Gtc), Buffer.from(password)])
    return Uint8Array.of(EapType.Nak, EapType.Gtc)
  }
}

const START = 0x20

function isResult(said: Uint8Array): boolean {
  return said[0] === EapCode.Request && said[EAP_HEADER_OCTETS] === EapType.Extensions
}

/** Agrees to whatever the server says. */
function resultTo(said: Uint8Array): Uint8Array {
  const given = said.subarray(EAP_HEADER_OCTETS + 1)
  return encodeResponse(
    said[1]!,
    EapType.Extensions,
    given.length === RESULT_SUCCESS.length ? given : RESULT_SUCCESS,
  )
}

function eapAvp(packet: Uint8Array): Uint8Array {
  return encodeAvp({ vendor: 0, code: AttributeType.EapMessage, value: packet, isMandatory: true })
}

/** RFC 5281 §11.2.5. */
function papAvps(login: string, password: string): Uint8Array {
  const typed = Buffer.from(password)
  const padded = Buffer.alloc(Math.ceil(Math.max(1, typed.length) / PAP_BLOCK_OCTETS) * PAP_BLOCK_OCTETS)
  typed.copy(padded)
  return Buffer.concat([
    encodeAvp({ vendor: 0, code: AttributeType.UserName, value: Buffer.from(login), isMandatory: true }),
    encodeAvp({ vendor: 0, code: AttributeType.UserPassword, value: padded, isMandatory: true }),
  ])
}
