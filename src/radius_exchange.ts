/** One RADIUS request over UDP and its reply, sent again as a NAS would (RFC 5080 §2.2.1). */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import type { AttributeList } from './radius/attribute_list.ts'
import { MalformedPacket } from './radius/malformed_packet.ts'
import { checkResponse } from './radius/packet.ts'
import type { SharedSecret } from './radius/shared_secret.ts'

export interface Request {
  readonly host: string
  readonly port: number
  readonly identifier: number
  readonly requestAuthenticator: Uint8Array
  readonly octets: Uint8Array
  readonly secret: SharedSecret
}

export type Exchange = Response | NoResponse

export interface Response {
  readonly kind: 'response'
  readonly code: number
  readonly signed: boolean
  readonly attributes: AttributeList
  readonly elapsedMs: number
  readonly octets: number
}

export interface NoResponse {
  readonly kind: 'no-response'
  readonly tries: number
  /** The system said that nothing listens there (ICMP). */
  readonly refused: boolean
  /** Replies that came and were not to be believed, by reason. */
  readonly discarded: readonly string[]
}

export interface Patience {
  readonly tries: number
  readonly intervalMs: number
}

/** Throws what the system throws when the address cannot be used at all. */
export async function exchange(request: Request, { tries, intervalMs }: Patience): Promise<Exchange> {
  const socket = createSocket(isIPv6(request.host) ? 'udp6' : 'udp4')
  const discarded = new Set<string>()
  try {
    socket.connect(request.port, request.host)
    await once(socket, 'connect')
    const startedAt = performance.now()
    for (let attempt = 0; attempt < tries; attempt++) {
      socket.send(request.octets)
      const outcome = await nextResponse(socket, request, startedAt, intervalMs, discarded)
      if (outcome === 'refused') {
        return { kind: 'no-response', tries: attempt + 1, refused: true, discarded: [...discarded] }
      }
      if (outcome !== null) return outcome
    }
    return { kind: 'no-response', tries, refused: false, discarded: [...discarded] }
  } finally {
    socket.close()
  }
}

/** null: nothing to be believed came in time. */
function nextResponse(
  socket: Socket,
  request: Request,
  startedAt: number,
  waitMs: number,
  discarded: Set<string>,
): Promise<Response | 'refused' | null> {
  return new Promise((resolve) => {
    const finish = (outcome: Response | 'refused' | null): void => {
      clearTimeout(timer)
      socket.off('message', onMessage).off('error', onError)
      resolve(outcome)
    }
    const onMessage = (datagram: Buffer): void => {
      const checked = read(datagram, request)
      if (typeof checked === 'string') discarded.add(checked)
      else finish({ ...checked, elapsedMs: performance.now() - startedAt, octets: datagram.length })
    }
    const onError = (): void => finish('refused')
    const timer = setTimeout(finish, waitMs, null)
    socket.on('message', onMessage).on('error', onError)
  })
}

/** The response, or the reason why it is none. */
function read(datagram: Buffer, { requestAuthenticator, identifier, secret }: Request) {
  try {
    const check = checkResponse(datagram, requestAuthenticator, identifier, secret)
    return check.kind === 'discard' ? check.reason : check
  } catch (error) {
    if (error instanceof MalformedPacket) return error.reason
    throw error
  }
}
