/** EAP in `sallyport test`: plays a device, then tells what was said. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EAP_HEADER_OCTETS, EapCode, EapType, encodeRequest } from '../eap/eap_packet.ts'
import type { Attribute } from '../radius/attribute.ts'
import type { Exchange, NoResponse, Response } from '../radius_exchange.ts'
import { converse, type Round } from './eap_exchange.ts'
import { EapPeer, type PeerOptions } from './eap_peer.ts'
import { CliError, ExitStatus } from './exit_status.ts'
import { block, indent } from './layout.ts'

/** Null: what was made for the first request. */
type Ask = (attributes: readonly Attribute[] | null) => Promise<Exchange>

export interface EapTrial {
  /** The answer to the identity request that a device gets from its access point. */
  readonly first: Uint8Array
  run(ask: Ask): Promise<Exchange>
  /** What was said, once it has run. */
  describe(): string[]
}

class Silence extends Error {
  readonly answer: NoResponse

  constructor(answer: NoResponse) {
    super('no response')
    this.answer = answer
  }
}

export async function eapTrial(options: Omit<PeerOptions, 'ca'>, dataDir: string | null): Promise<EapTrial> {
  const caFile = dataDir === null ? null : join(dataDir, 'eap', 'ca.pem')
  const ca = caFile === null ? null : readIfThere(caFile)
  const peer = new EapPeer({ ...options, ca })
  let rounds: readonly Round[] = []
  let protocol: string | null = null
  const first = await peer.respond(encodeRequest(0, EapType.Identity, new Uint8Array()))
  return {
    first,
    run: async (ask) => {
      let isFirst = true
      const askOrThrow = async (attributes: readonly Attribute[]): Promise<Response> => {
        const answer = await ask(isFirst ? null : attributes)
        isFirst = false
        if (answer.kind === 'no-response') throw new Silence(answer)
        return answer
      }
      try {
        const conversed = await converse(peer, first, askOrThrow)
        rounds = conversed.rounds
        return conversed.reply
      } catch (error) {
        if (error instanceof Silence) return error.answer
        throw new CliError(
          ExitStatus.refused,
          `the device breaks off: ${(error as Error).message}`,
          ca === null ? '' : `the server's certificate was checked by ${caFile}`,
        )
      } finally {
        protocol = peer.protocol
        peer.close()
      }
    },
    describe: () => [
      ...block([['EAP', summaryOf(protocol, rounds, ca === null ? null : caFile)]]),
      ...indent(
        block(rounds.flatMap(({ sent, received }) => [said('sent', sent), said('received', received)])),
      ),
    ],
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

function summaryOf(protocol: string | null, rounds: readonly Round[], caFile: string | null): string {
  const exchanges = `${rounds.length} ${rounds.length === 1 ? 'exchange' : 'exchanges'}`
  if (protocol === null) return exchanges
  const trust =
    caFile === null ? 'the server’s certificate was not checked' : `the server’s certificate is by ${caFile}`
  return `${exchanges}, ${protocol}; ${trust}`
}

function said(who: string, eap: Uint8Array): [string, string] {
  return [
    who,
    `${nameOf(EapCode, eap[0])}${eap.length > EAP_HEADER_OCTETS ? `, ${nameOf(EapType, eap[4])}` : ''}, ${eap.length} octets`,
  ]
}

function nameOf(names: Readonly<Record<string, number>>, value: number | undefined): string {
  return Object.entries(names).find(([, known]) => known === value)?.[0] ?? String(value)
}
