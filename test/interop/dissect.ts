/** What tshark reads in RADIUS packets of the client `vpn`. It knows the secret, and judges each authenticator. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CLIENT_SECRET } from '../e2e/server.ts'
import { pcapOf } from './pcap.ts'
import { runTool } from './tools.ts'

/** One row of FIELDS for each packet. Requests and their replies, in the order in which they went. */
export async function dissect(packets: readonly Buffer[]): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-tshark-'))
  try {
    return await read(packets, directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const FIELDS = {
  code: 'radius.code',
  identifier: 'radius.id',
  password: 'radius.User_Password',
  proxyState: 'radius.Proxy_State',
  state: 'radius.State',
  message: 'radius.Reply_Message',
  /** Of replies whose request it knows: '1' or '0'. */
  isAuthentic: 'radius.authenticator.valid',
  malformed: '_ws.malformed',
  complaint: '_ws.expert.message',
  vendorType: 'radius.avp.vendor_type',
  success: 'radius.MS_CHAP2_Success',
  error: 'radius.MS_CHAP_Error',
  policy: 'radius.MS_MPPE_Encryption_Policy',
  types: 'radius.MS_MPPE_Encryption_Types',
  send: 'radius.MS_MPPE_Send_Key',
  receive: 'radius.MS_MPPE_Recv_Key',
  version1: 'radius.MS_CHAP_MPPE_Keys',
  eapCode: 'eap.code',
  eapType: 'eap.type',
}
export type Row = Partial<Record<keyof typeof FIELDS, string>>

async function read(packets: readonly Buffer[], directory: string): Promise<Row[]> {
  const file = join(directory, 'packets.pcap')
  writeFileSync(file, pcapOf(packets))
  const preferences = [`radius.shared_secret:${CLIENT_SECRET}`, 'radius.validate_authenticator:TRUE']
  const args = [
    ...['-r', file, '-T', 'json'],
    ...preferences.flatMap((preference) => ['-o', preference]),
    ...Object.values(FIELDS).flatMap((field) => ['-e', field]),
  ]
  const { status, output } = await runTool('tshark', args, '', { env: { ...process.env, HOME: directory } })
  if (status !== 0) throw new Error(output)
  // Around it stands what it says of being run by root.
  const json = JSON.parse(output.slice(output.indexOf('[\n'), output.lastIndexOf(']') + 1))
  return json.map(({ _source }: { _source: { layers?: Record<string, string[]> } }) =>
    Object.fromEntries(
      Object.entries(FIELDS).flatMap(([name, field]) => {
        const values = _source.layers?.[field]
        return values === undefined ? [] : [[name, values.join(' ').replaceAll(':', '')]]
      }),
    ),
  )
}
