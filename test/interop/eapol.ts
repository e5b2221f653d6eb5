/** eapol_test (of wpa_supplicant) as a device behind an access point: one login, or several on one session. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Endpoint } from '../../src/network.ts'
import { CLIENT_SECRET } from '../e2e/server.ts'
import { runTool } from './tools.ts'

export interface Device {
  readonly endpoint: Endpoint
  readonly eap: 'TTLS' | 'PEAP' | 'GTC'
  /** Such as `auth=PAP`; of nothing inside a tunnel, ''. */
  readonly phase2: string
  readonly identity: string
  readonly password: string
  readonly ca: string
  readonly tls?: '1.2' | '1.3'
  readonly serverName?: string
  /** More lines of the network. */
  readonly lines?: readonly string[]
  /** All of it, in place of what the rest says. */
  readonly network?: string
  /** More arguments: `-r 1` logs in once more, `-N12:d:204` is a Framed-MTU. */
  readonly args?: readonly string[]
}

export interface Joined {
  readonly ok: boolean
  readonly log: string
  /** How often the keys that the access point got were those of the device. */
  readonly keysAgreed: number
  readonly resumptions: number
}

export async function joinWifi(device: Device): Promise<Joined> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-eapol-'))
  try {
    const file = join(directory, 'network.conf')
    writeFileSync(file, device.network ?? network(device))
    const { host, port } = device.endpoint
    const { status, output } = await runTool('eapol_test', [
      '-c',
      file,
      '-a',
      host,
      '-p',
      String(port),
      '-s',
      CLIENT_SECRET,
      '-t',
      '40',
      ...(device.eap === 'GTC' ? ['-n'] : []),
      ...(device.args ?? []),
    ])
    const agreed = /MPPE keys OK: (\d+) {2}mismatch: (\d+)/.exec(output)
    return {
      ok: status === 0,
      log: output,
      keysAgreed: agreed?.[2] === '0' ? Number(agreed[1]) : 0,
      resumptions: output.split('Handshake finished - resumed=1').length - 1,
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function network(device: Device): string {
  const { eap, phase2, identity, password, ca, tls = '1.3', serverName = 'radius.test', lines = [] } = device
  return [
    'network={',
    `key_mgmt=${eap === 'GTC' ? 'IEEE8021X' : 'WPA-EAP'}`,
    `eap=${eap}`,
    `identity="${identity}"`,
    `password="${password}"`,
    ...(phase2 === ''
      ? []
      : [
          'anonymous_identity="anonymous@example.org"',
          `ca_cert="${ca}"`,
          `domain_match="${serverName}"`,
          `phase1="tls_disable_tlsv1_3=${tls === '1.3' ? 0 : 1}"`,
          `phase2="${phase2}"`,
        ]),
    ...lines,
    '}',
    '',
  ].join('\n')
}
