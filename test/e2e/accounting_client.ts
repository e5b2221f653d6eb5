/** A NAS that accounts: it believes only answers under the Response Authenticator, and takes Disconnect-Requests. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Attribute } from '../../src/radius/attribute.ts'
import { Code, AttributeType as Type } from '../../src/radius/attributes.ts'
import { checkResponse, encodeResponse, parsePacket } from '../../src/radius/packet.ts'
import {
  checkMessageAuthenticatorOfSigned,
  checkRequestAuthenticator,
  encodeSignedRequest,
} from '../../src/radius/request_authenticator.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import type { RadiusClient } from './radius_client.ts'
import { CLIENT_SECRET } from './server.ts'

export const STATUS = { start: 1, stop: 2, interim: 3, on: 7, off: 8 } as const

export function integer(type: number, value: number): Attribute {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value)
  return { type, value: octets }
}

export interface Record {
  readonly status: keyof typeof STATUS
  readonly session?: string
  readonly user?: string
  readonly nas?: string
  readonly seconds?: number
  readonly octets?: number
  readonly delay?: number
  readonly more?: readonly Attribute[]
}

export function attributesOf(record: Record): Attribute[] {
  const { status, session = 'A1', user = 'alice', nas = 'gw', seconds, octets, delay, more = [] } = record
  return [
    integer(Type.AcctStatusType, STATUS[status]),
    { type: Type.AcctSessionId, value: Buffer.from(session) },
    { type: Type.NasIdentifier, value: Buffer.from(nas) },
    ...(status === 'on' || status === 'off' ? [] : [{ type: Type.UserName, value: Buffer.from(user) }]),
    ...(seconds === undefined ? [] : [integer(Type.AcctSessionTime, seconds)]),
    ...(octets === undefined ? [] : [integer(Type.AcctInputOctets, octets)]),
    ...(delay === undefined ? [] : [integer(Type.AcctDelayTime, delay)]),
    ...more,
  ]
}

const SECRET = new SharedSecret(CLIENT_SECRET)
let identifier = 0

export function accountingRequest(record: Record, secret = SECRET): Buffer {
  identifier = (identifier + 1) % 256
  return encodeSignedRequest(Code.AccountingRequest, identifier, attributesOf(record), secret)
}

/** True: it was answered as it must be. Throws for any other answer. */
export async function account(
  nas: RadiusClient,
  what: Record | Buffer,
  patienceMs?: number,
): Promise<boolean> {
  const request = Buffer.isBuffer(what) ? what : accountingRequest(what)
  const reply = await nas.exchange(request, patienceMs)
  if (reply === null) return false
  const checked = checkResponse(reply, request.subarray(4, 20), request[1]!, SECRET)
  if (checked.kind !== 'response' || checked.code !== Code.AccountingResponse || checked.signed)
    throw new Error(`a wrong answer: ${JSON.stringify(checked)}`)
  return true
}

/** What comes to its Disconnect port: `answer` gives the code and Error-Cause, or null for silence. */
export class DisconnectPort {
  /** Every datagram, copies too. */
  readonly requests: Buffer[] = []
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  static async open(
    answer: (request: Buffer, count: number) => { code: Code; cause?: number; secret?: SharedSecret } | null,
  ): Promise<DisconnectPort> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const port = new DisconnectPort(socket)
    socket.on('message', (octets, { port: to, address }) => {
      port.requests.push(octets)
      const request = parsePacket(octets)
      if (!checkRequestAuthenticator(request, SECRET)) return
      if (checkMessageAuthenticatorOfSigned(request, SECRET) !== 'valid') return
      const given = answer(octets, port.requests.length)
      if (given === null) return
      const attributes = given.cause === undefined ? [] : [integer(Type.ErrorCause, given.cause)]
      socket.send(encodeResponse(request, given.code, attributes, given.secret ?? SECRET), to, address)
    })
    return port
  }

  get port(): number {
    return this.#socket.address().port
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }
}
