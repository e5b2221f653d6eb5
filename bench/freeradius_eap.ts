/** FreeRADIUS as a peer in EAP: EAP-TTLS with PAP against a static password, by the certificate that Sallyport has, with its session cache. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PASSWORD, startFreeradius } from './freeradius_subject.ts'
import { userName } from './load_client.ts'
import type { Subject } from './subject.ts'

export interface EapPeerPlace {
  readonly directory: string
  readonly secret: string
  readonly users: number
  /** With server.pem, server.key and ca.pem. */
  readonly certificates: string
}

export async function startFreeradiusEap({
  directory,
  secret,
  users,
  certificates,
}: EapPeerPlace): Promise<Subject> {
  mkdirSync(join(directory, 'sessions'), { recursive: true })
  const lines = Array.from(
    { length: users },
    (_, i) => `${userName(i)} Cleartext-Password := "${PASSWORD}"\n`,
  )
  writeFileSync(join(directory, 'users'), lines.join(''))
  return await startFreeradius(
    'freeradius-files',
    'FreeRADIUS, static password from `files`, no write of a login',
    { directory, secret },
    modules(directory, certificates),
    { authorize: 'eap', authenticate: 'eap', postAuth: '', more: INNER_TUNNEL },
  )
}

function modules(directory: string, certificates: string): string {
  return `
  files {
    usersfile = ${directory}/users
  }
  eap {
    default_eap_type = ttls
    timer_expire = 60
    max_sessions = 65536
    tls-config common {
      private_key_file = ${certificates}/server.key
      certificate_file = ${certificates}/server.pem
      ca_file = ${certificates}/ca.pem
      cipher_list = "DEFAULT"
      tls_min_version = "1.2"
      tls_max_version = "1.3"
      cache {
        enable = yes
        lifetime = 24
        name = "bench"
        persist_dir = "${directory}/sessions"
        store {
          User-Name
        }
      }
    }
    ttls {
      tls = common
      default_eap_type = md5
      virtual_server = "inner-tunnel"
    }
  }`
}

const INNER_TUNNEL = `
server inner-tunnel {
  authorize {
    files
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
  }
}
`
