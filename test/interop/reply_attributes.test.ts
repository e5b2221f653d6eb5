/** What an Access-Accept says of a session, as FreeRADIUS's radclient and Wireshark read it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hotp, secretOf } from '../e2e/otp.ts'
import type { RadiusClient } from '../e2e/radius_client.ts'
import { CLIENT_SECRET, TestServer, vpn } from '../e2e/server.ts'
import { DATABASES } from '../support/databases.ts'
import { pcapOf } from './pcap.ts'
import { describeWith, runTool } from './tools.ts'

const TOKEN = { secretHex: secretOf('reply attributes') }
/** What is set, and what radclient is to say of it. */
const CLIENT = ['Service-Type = Framed-User', 'Session-Timeout = 28800', 'Filter-Id = everybody']
const STAFF = [
  'Filter-Id = staff',
  'ASA-Group-Policy = staff-policy',
  'Cisco-AVPair = shell:priv-lvl=15',
  'Cisco-AVPair = "ip:inacl#1=permit ip any any"',
  'Fortinet-Group-Name = vpn-staff',
  'PaloAlto-User-Group = "CN=staff, DC=example"',
  'Aruba-User-Role = employee',
  'Aruba-User-Vlan = 30',
  'MS-Primary-DNS-Server = 192.0.2.53',
  'Class = 0x0001feff',
  'Framed-IPv6-Prefix = 2001:db8:1::/48',
  'Delegated-IPv6-Prefix = 2001:db8:2:8000::/49',
  'Framed-Interface-Id = 0:0:0:1',
  'Login-IPv6-Host = 2001:db8::1',
  'Tunnel-Preference:7 = 5',
]
const USER = ['Framed-IP-Address = 10.9.8.7', 'Reply-Message = "Grüß Gott, Álice"', 'Filter-Id += alice']

const groups = [
  { name: 'staff', reply: STAFF, vlan: 10 },
  { name: 'vlan30', vlan: 30, vlan_tag: 1 },
]

describe.each(DATABASES)('on $name', (kind) => {
  let server: TestServer
  let counter = 0
  beforeAll(async () => {
    server = await TestServer.start({
      kind,
      settings: { radius: { clients: [vpn({ reply: CLIENT })], groups } },
    })
    await server.command('token', 'enroll', { type: 'hotp', user: 'alice', ...TOKEN })
    await server.command('token', 'enroll', { type: 'hotp', user: 'bob', ...TOKEN })
    await server.command('user', 'set', { user: 'alice', groups: ['staff', 'vlan30'], reply: USER })
  })
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-reply-'))
  afterAll(async () => {
    await server?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  describeWith(['radclient'], 'radclient', () => {
    /** What it prints of the reply, without the authenticator. */
    async function attributesFor(user: string, password: string): Promise<string[]> {
      const { host, port } = server.listening[0]!
      const input = `User-Name = "${user}", User-Password = "${password}", Message-Authenticator = 0x00\n`
      const args = ['-x', '-r', '1', '-t', '3', `${host}:${port}`, 'auth', CLIENT_SECRET]
      const { output } = await runTool('radclient', args, input)
      const [, reply = ''] = output.split(/^Received /m)
      const [first = '', ...lines] = reply.split('\n')
      const attributes = lines.flatMap((line) => /^\t(.*)$/.exec(line)?.[1] ?? [])
      return [first.split(' ')[0]!, ...attributes.filter((line) => !line.startsWith('Message-Authenticator'))]
    }

    test("reads the client's, the groups' and the user's, the last word being the user's", async () => {
      expect(await attributesFor('alice', hotp(TOKEN, counter++))).toEqual([
        'Access-Accept',
        'Service-Type = Framed-User',
        'Session-Timeout = 28800',
        'Filter-Id = "staff"',
        'Filter-Id = "alice"',
        'Tunnel-Type:1 = VLAN',
        'Tunnel-Medium-Type:1 = IEEE-802',
        'Tunnel-Private-Group-Id:1 = "30"',
        'ASA-Group-Policy = "staff-policy"',
        'Cisco-AVPair = "shell:priv-lvl=15"',
        'Cisco-AVPair = "ip:inacl#1=permit ip any any"',
        'Fortinet-Group-Name = "vpn-staff"',
        'PaloAlto-User-Group = "CN=staff, DC=example"',
        'Aruba-User-Role = "employee"',
        'Aruba-User-Vlan = 30',
        'MS-Primary-DNS-Server = 192.0.2.53',
        'Class = 0x0001feff',
        'Framed-IPv6-Prefix = 2001:db8:1::/48',
        'Delegated-IPv6-Prefix = 2001:db8:2:8000::/49',
        'Framed-Interface-Id = 0:0:0:1',
        'Login-IPv6-Host = 2001:db8::1',
        'Tunnel-Preference:7 = 5',
        'Framed-IP-Address = 10.9.8.7',
        'Reply-Message = "Grüß Gott, Álice"',
      ])
    })

    test('a user without anything has what the client says', async () => {
      expect(await attributesFor('bob', hotp(TOKEN, 0))).toEqual([
        'Access-Accept',
        'Service-Type = Framed-User',
        'Session-Timeout = 28800',
        'Filter-Id = "everybody"',
      ])
    })

    test('a Reject says none of it', async () => {
      expect(await attributesFor('alice', '000000')).toEqual(['Access-Reject'])
    })
  })

  describeWith(['tshark'], 'tshark', () => {
    test('finds every attribute, and nothing wrong with any', async () => {
      const nas: RadiusClient = await server.client()
      const request = nas.accessRequest('alice', hotp(TOKEN, counter++))
      const reply = (await nas.exchange(request.octets))!
      expect(nas.read(reply, request)).toBe('accept')
      const file = join(directory, 'packets.pcap')
      writeFileSync(file, pcapOf([request.octets, reply]))
      const options = [
        '-o',
        `radius.shared_secret:${CLIENT_SECRET}`,
        '-o',
        'radius.validate_authenticator:TRUE',
      ]
      const env = { ...process.env, HOME: directory }
      const { status, output } = await runTool('tshark', ['-r', file, '-V', ...options], '', { env })
      expect(status).toBe(0)
      const [, accept = ''] = output.split('Code: Access-Accept (2)')
      expect(accept).not.toMatch(/malformed|expert info|unknown-attribute|incorrect/i)
      const avps = [...accept.matchAll(/AVP: t=(\S+) l=\d+(?: vnd=(\S+))? ?(?:Tag=0x(\S+) )?/g)]
      const tags = avps.flatMap(([, name, , tag]) => (tag === undefined ? [] : [`${name} ${tag}`]))
      expect(tags).toEqual([
        'Tunnel-Type(64) 01',
        'Tunnel-Medium-Type(65) 01',
        'Tunnel-Private-Group-Id(81) 01',
        'Tunnel-Preference(83) 07',
      ])
      for (const shown of [
        'Tunnel-Type: VLAN (13)',
        'Tunnel-Medium-Type: IEEE-802 (6)',
        'Tunnel-Private-Group-Id: 30',
        'Filter-Id: alice',
        'Session-Timeout: 28800',
        'Service-Type: Framed (2)',
        'Framed-IP-Address: 10.9.8.7',
        'Framed-IPv6-Prefix(97) l=10 val=2001:db8:1::/48',
        'Delegated-IPv6-Prefix(123) l=11 val=2001:db8:2:8000::/49',
        'Login-IPv6-Host: 2001:db8::1',
        'Cisco-AVPair: shell:priv-lvl=15',
        'Fortinet-Group-Name: vpn-staff',
        'Aruba-User-Role: employee',
        'Aruba-User-Vlan: 30',
        'MS-Primary-DNS-Server: 192.0.2.53',
      ]) {
        expect(accept).toContain(shown)
      }
    })
  })
})
