/**
 * Devices that log in by EAP-TTLS with PAP, so many at once, for a time; a process of its own, on the client's core. The only
 * argument is what to do, as JSON; prints what came out, as JSON. Server CPU is taken over the measured time alone.
 */
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSecureContext, type SecureContext } from 'node:tls'
import { converse, type Reply } from '../src/cli/eap_exchange.ts'
import { EapPeer } from '../src/cli/eap_peer.ts'
import { EapType, encodeRequest as eapRequest } from '../src/eap/eap_packet.ts'
import { nameOf, seedOf } from '../src/load/credentials.ts'
import type { Attribute } from '../src/radius/attribute.ts'
import { AttributeType, Code } from '../src/radius/attributes.ts'
import { checkResponse, encodeRequest } from '../src/radius/packet.ts'
import { SharedSecret } from '../src/radius/shared_secret.ts'
import { formatOtp, otpGenerator } from '../src/tokens/otp_generator.ts'
import { cpuSecondsOf, familyOf } from './machine.ts'
import { USERS } from './seed.ts'

export interface EapLoad {
  readonly host: string
  readonly port: number
  readonly secret: string
  readonly tls: 'TLSv1.2' | 'TLSv1.3'
  readonly resumes: boolean
  readonly atOnce: number
  readonly users: number
  /** Null: HOTP, with counters that a file carries from run to run. */
  readonly password: string | null
  readonly countersFile: string
  readonly serverPid: number
  readonly seconds: number
  readonly warmUpSeconds: number
}

export interface EapSample {
  readonly perSecond: number
  readonly serverCpuUs: number
  /** Of one core: near 1, the devices were the limit. */
  readonly clientShare: number
  readonly serverShare: number
  readonly requestsEach: number
}

const WARM_LOGINS = 500
const RESEND_MS = 5000
const TRIES = 3
/** As devices have them today: without post-quantum ones, which would make their first message one of two fragments. */
const GROUPS = 'X25519:P-256:P-384'

async function drive(load: EapLoad): Promise<EapSample> {
  const users = new Users(load)
  const context = createSecureContext({ minVersion: load.tls, maxVersion: load.tls, ecdhCurve: GROUPS })
  const lanes = await Promise.all(
    Array.from({ length: load.atOnce }, (_, lane) => Lane.open(load, users, lane, context)),
  )
  const family = familyOf(load.serverPid)
  let isOver = false
  const running = lanes.map(async (lane) => {
    while (!isOver) await lane.logIn()
  })
  const count = (of: 'logins' | 'requests') => lanes.reduce((sum, lane) => sum + lane[of], 0)
  // Also on a slow machine code is compiled by then, at both ends.
  const warm = (async () => {
    do await sleep(load.warmUpSeconds * 1000)
    while (count('logins') < WARM_LOGINS)
  })()
  await Promise.race([warm, ...running])
  const before = { at: performance.now(), logins: count('logins'), requests: count('requests') }
  const [cpuBefore, ownBefore] = [cpuSecondsOf(family), process.cpuUsage()]
  await Promise.race([sleep(load.seconds * 1000), ...running])
  const seconds = (performance.now() - before.at) / 1000
  const logins = count('logins') - before.logins
  const cpuSeconds = cpuSecondsOf(family) - cpuBefore
  const own = process.cpuUsage(ownBefore)
  const requests = count('requests') - before.requests
  isOver = true
  await Promise.all(running)
  users.keep()
  return {
    perSecond: logins / seconds,
    serverCpuUs: (cpuSeconds * 1e6) / logins,
    clientShare: (own.user + own.system) / 1e6 / seconds,
    serverShare: cpuSeconds / seconds,
    requestsEach: requests / logins,
  }
}

/** A device after the other, by one socket. */
class Lane {
  logins = 0
  requests = 0
  readonly #load: EapLoad
  readonly #users: Users
  readonly #secret: SharedSecret
  readonly #socket = createSocket('udp4')
  readonly #context: SecureContext
  readonly #user: number
  #session: Buffer | null = null
  #identifier = 0

  private constructor(load: EapLoad, users: Users, user: number, context: SecureContext) {
    this.#load = load
    this.#users = users
    this.#user = user
    this.#secret = new SharedSecret(load.secret)
    this.#context = context
  }

  static async open(load: EapLoad, users: Users, lane: number, context: SecureContext): Promise<Lane> {
    const opened = new Lane(load, users, lane, context)
    opened.#socket.connect(load.port, load.host)
    await once(opened.#socket, 'connect')
    return opened
  }

  async logIn(): Promise<void> {
    const { resumes, atOnce, users } = this.#load
    const user = resumes ? this.#user : (this.#user + this.logins * atOnce) % users
    const peer = new EapPeer({
      ...{ outer: 'ttls', inner: 'pap', ca: null, context: this.#context },
      ...(this.#session === null
        ? this.#users.credentialsOf(user)
        : { login: 'nobody', password: 'nothing' }),
      ...(this.#session === null ? {} : { session: this.#session }),
    })
    const first = await peer.respond(eapRequest(0, EapType.Identity, new Uint8Array()))
    const { reply } = await converse(peer, first, (attributes) => this.#ask(attributes))
    if (reply.code !== Code.AccessAccept) throw new Error('a login was refused')
    if (this.#session !== null && !peer.isResumed) throw new Error('a session was not resumed')
    // Of TLS 1.3 each login gives another; of TLS 1.2 the first stays good.
    if (resumes) this.#session = peer.session ?? this.#session
    peer.close()
    this.logins++
  }

  async #ask(attributes: readonly Attribute[]): Promise<Reply> {
    const identifier = this.#identifier++ % 256
    const authenticator = randomBytes(16)
    const userName = { type: AttributeType.UserName, value: Buffer.from('anonymous') }
    const octets = encodeRequest(
      Code.AccessRequest,
      identifier,
      authenticator,
      [userName, ...attributes],
      this.#secret,
    )
    this.requests++
    const datagram = await this.#exchange(octets)
    const checked = checkResponse(datagram, authenticator, identifier, this.#secret)
    if (checked.kind === 'discard') throw new Error(`a reply came with ${checked.reason}`)
    return checked
  }

  /** Sent again as by an access point: on a busy machine a datagram may be lost. */
  async #exchange(octets: Buffer): Promise<Buffer> {
    for (let tries = 1; ; tries++) {
      this.#socket.send(octets)
      const signal = AbortSignal.timeout(RESEND_MS)
      try {
        for (;;) {
          const [datagram] = await once(this.#socket, 'message', { signal })
          if (datagram[1] === octets[1]) return datagram
        }
      } catch (error) {
        if (tries === TRIES) throw error
      }
    }
  }
}

class Users {
  readonly #load: EapLoad
  readonly #counters: number[]

  constructor(load: EapLoad) {
    this.#load = load
    const { countersFile } = load
    this.#counters = existsSync(countersFile) ? JSON.parse(readFileSync(countersFile, 'utf8')) : []
  }

  credentialsOf(user: number): { login: string; password: string } {
    const login = nameOf(USERS, user)
    const { password } = this.#load
    if (password !== null) return { login, password }
    const counter = this.#counters[user] ?? 0
    this.#counters[user] = counter + 1
    const otp = formatOtp(otpGenerator('sha1', seedOf(login)), USERS.digits, counter)
    return { login, password: `${USERS.pin}${otp}` }
  }

  keep(): void {
    writeFileSync(
      this.#load.countersFile,
      JSON.stringify(Array.from(this.#counters, (counter) => counter ?? 0)),
    )
  }
}

if (import.meta.main) {
  const load = JSON.parse(process.argv[2]!) as EapLoad
  process.stdout.write(JSON.stringify(await drive(load)))
  process.exit(0)
}
