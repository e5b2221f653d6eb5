/** FreeRADIUS's radclient as a NAS that accounts, FreeRADIUS itself as one that is asked to disconnect, tshark as a reader. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { disconnectRequest } from '../../src/radius/disconnect.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { accountingRequest } from '../e2e/accounting_client.ts'
import { CLIENT_SECRET, TestServer, vpn } from '../e2e/server.ts'
import { freeUdpPort } from '../support/free_port.ts'
import { until } from '../support/until.ts'
import { describeWith, runTool } from './tools.ts'

let server: TestServer
let directory: string
let coaPort: number

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-acct-'))
  coaPort = await freeUdpPort()
  server = await TestServer.start({ settings: { radius: { clients: [vpn({ disconnect_port: coaPort })] } } })
})
afterAll(async () => {
  await server?.close()
  rmSync(directory, { recursive: true, force: true })
})

async function radclient(attributes: readonly string[], { type = 'acct', secret = CLIENT_SECRET } = {}) {
  const { host, port } = server.accounting[0]!
  const args = ['-x', '-r', '1', '-t', '2', `${host}:${port}`, type, secret]
  const { status, output } = await runTool('radclient', args, `${attributes.join(', ')}\n`)
  const [, answer = 'nothing'] = /^Received (\S+) Id/m.exec(output) ?? []
  return { status, answer, output }
}

const ABOUT = [
  'User-Name = "carla"',
  'Acct-Session-Id = "RC1"',
  'NAS-IP-Address = 10.0.0.7',
  'NAS-Identifier = "rc"',
]
const RECORDED = { status: 0, answer: 'Accounting-Response' }
const sessions = async () =>
  (await server.command('session', 'list', { user: 'carla' })).sessions as { id: number }[]

describeWith(['radclient'], 'radclient accounts', () => {
  test('Start, Interim-Update and Stop, with and without Message-Authenticator', async () => {
    expect(
      await radclient([
        ...ABOUT,
        'Acct-Status-Type = Start',
        'Framed-IP-Address = 192.168.0.5',
        'Calling-Station-Id = "198.51.100.9"',
      ]),
    ).toMatchObject(RECORDED)
    expect(
      await radclient([
        ...ABOUT,
        'Acct-Status-Type = Interim-Update',
        'Acct-Session-Time = 60',
        'Acct-Input-Octets = 7',
        'Acct-Input-Gigawords = 1',
        'Message-Authenticator = 0x00',
      ]),
    ).toMatchObject(RECORDED)
    expect(await sessions()).toMatchObject([
      {
        active: true,
        durationSeconds: 60,
        inputOctets: 2 ** 32 + 7,
        framedIpAddress: '192.168.0.5',
        nasIpAddress: '10.0.0.7',
      },
    ])
    const stop = await radclient([
      ...ABOUT,
      'Acct-Status-Type = Stop',
      'Acct-Session-Time = 90',
      'Acct-Terminate-Cause = Idle-Timeout',
      'Class = 0x626c7565',
      'Proxy-State = 0x616263',
    ])
    expect(stop).toMatchObject(RECORDED)
    expect(stop.output.split('Received')[1]).toContain('Proxy-State = 0x616263')
    expect(await sessions()).toMatchObject([
      { active: false, terminateCause: 'idle-timeout', class: 'blue', records: 3 },
    ])
  })

  test('Accounting-On and Accounting-Off', async () => {
    await radclient([
      'User-Name = "carla"',
      'Acct-Session-Id = "RC2"',
      'NAS-Identifier = "rc2"',
      'Acct-Status-Type = Start',
    ])
    for (const status of ['On', 'Off'])
      expect(
        await radclient([
          `Acct-Status-Type = Accounting-${status}`,
          'Acct-Session-Id = "0"',
          'NAS-Identifier = "rc2"',
        ]),
      ).toMatchObject(RECORDED)
    expect(await sessions()).toMatchObject([
      { active: false, terminateCause: 'nas-reboot' },
      { acctSessionId: 'RC1' },
    ])
  })

  test('RFC 5997: Status-Server is answered by an Accounting-Response', async () => {
    expect(await radclient(['Message-Authenticator = 0x00'], { type: 'status' })).toMatchObject(RECORDED)
  })

  test('under a wrong secret nothing comes back', async () => {
    expect(
      await radclient([...ABOUT, 'Acct-Status-Type = Start'], { secret: 'not the secret' }),
    ).toMatchObject({ status: 1, answer: 'nothing' })
  }, 20_000)
})

describeWith(['freeradius', 'radclient'], 'FreeRADIUS as the NAS', () => {
  test('takes our Disconnect-Request as true, with all that names the session, and we take its answers', async () => {
    const nas = spawn('freeradius', ['-f', '-X', '-d', directory, '-D', '/usr/share/freeradius'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    nas.stdout.on('data', (chunk) => {
      said += chunk
    })
    const ended = once(nas, 'close')
    try {
      await until('FreeRADIUS', () => said.includes('Ready to process requests'))
      for (const session of ['FR1', 'FR2']) {
        await radclient([
          'User-Name = "carla"',
          `Acct-Session-Id = "${session}"`,
          'NAS-IP-Address = 10.0.0.7',
          'Framed-IP-Address = 192.168.0.5',
          'Acct-Status-Type = Start',
        ])
      }
      const [second, first] = (await sessions()) as [{ id: number }, { id: number }]
      expect(await server.command('session', 'disconnect', { id: first.id })).toMatchObject({
        session: { acctSessionId: 'FR1' },
      })
      await expect(server.command('session', 'disconnect', { id: second.id })).rejects.toThrow(
        `vpn did not end session ${second.id}: session-context-not-found`,
      )
      for (const attribute of [
        'User-Name = "carla"',
        'Acct-Session-Id = "FR1"',
        'NAS-IP-Address = 10.0.0.7',
        'Framed-IP-Address = 192.168.0.5',
        'Message-Authenticator = 0x',
        'Event-Timestamp = "',
      ])
        expect(said).toContain(attribute)
      expect(said).toContain('Received Disconnect-Request')
    } finally {
      nas.kill()
      await ended
    }
  }, 30_000)

  beforeAll(() => {
    writeFileSync(join(directory, 'radiusd.conf'), nasConfiguration())
    writeFileSync(join(directory, 'dictionary'), '')
  })
})

describeWith(['tshark'], 'tshark', () => {
  test('reads all that we send, and finds the authenticators true', async () => {
    const nas = await server.accountingClient()
    const request = accountingRequest({ status: 'start', session: 'T1' })
    const reply = (await nas.exchange(request))!
    const session = {
      nasAddress: '10.0.0.7',
      nasIdentifier: 'gw',
      sessionId: 'T1',
      user: 'tessa',
      framedAddress: null,
      callingStation: null,
    }
    const disconnect = disconnectRequest(session, 3, 1_700_000_000, new SharedSecret(CLIENT_SECRET))
    const file = join(directory, 'packets.pcap')
    writeFileSync(
      file,
      pcapOf([
        [request, 1813],
        [reply, -1813],
        [disconnect, 3799],
      ]),
    )
    const fields = [
      'radius.code',
      'radius.User_Name',
      'radius.Acct_Session_Id',
      'radius.NAS_Identifier',
      'radius.Event_Timestamp',
      'radius.authenticator.valid',
      '_ws.malformed',
      '_ws.expert.message',
    ]
    const { status, output } = await runTool(
      'tshark',
      [
        ...['-r', file, '-T', 'fields', '-E', 'separator=;'],
        ...['-o', `radius.shared_secret:${CLIENT_SECRET}`, '-o', 'radius.validate_authenticator:TRUE'],
        ...fields.flatMap((field) => ['-e', field]),
      ],
      '',
      { env: { ...process.env, HOME: directory, TZ: 'UTC' } },
    )
    expect(status).toBe(0)
    const rows = output.split('\n').filter((line) => /^\d+;/.test(line))
    expect(rows).toEqual([
      // Of requests it does not check the authenticator; FreeRADIUS does.
      '4;alice;T1;gw;;;;',
      '5;;;;;1;;',
      expect.stringMatching(/^40;tessa;T1;gw;Nov 14, 2023 22:13:20\S* UTC;;;$/),
    ])
  })
})

/** A NAS that knows every session but FR2. */
function nasConfiguration(): string {
  return `
name = radiusd
prefix = /usr
confdir = ${directory}
logdir = ${directory}
run_dir = ${directory}
raddbdir = ${directory}
libdir = /usr/lib/freeradius
max_request_time = 30
cleanup_delay = 5
max_requests = 1024
proxy_requests = no
log {
  destination = stdout
}
security {
  max_attributes = 200
  reject_delay = 0
  status_server = no
}
client sallyport {
  ipaddr = 127.0.0.1
  secret = "${CLIENT_SECRET}"
  require_message_authenticator = yes
}
modules {
  always ok {
    rcode = ok
  }
  always reject {
    rcode = reject
  }
}
server coa {
  listen {
    type = coa
    ipaddr = 127.0.0.1
    port = ${coaPort}
    virtual_server = coa
  }
  recv-coa {
    if (&Acct-Session-Id == "FR2") {
      update reply {
        &Error-Cause := Session-Context-Not-Found
      }
      reject
    }
    ok
  }
  send-coa {
    ok
  }
}
`
}

/** Raw IP, from port 40000 to the one given; a negative one: from there. */
function pcapOf(packets: readonly (readonly [octets: Buffer, port: number])[]): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(65_535, 16)
  header.writeUInt32LE(101, 20)
  const records = packets.flatMap(([octets, port], index) => {
    const ip = Buffer.alloc(28)
    ip.writeUInt8(0x45, 0)
    ip.writeUInt16BE(28 + octets.length, 2)
    ip.writeUInt8(64, 8)
    ip.writeUInt8(17, 9)
    ip.set([127, 0, 0, 1], 12)
    ip.set([127, 0, 0, 1], 16)
    ip.writeUInt16BE(port < 0 ? -port : 40_000, 20)
    ip.writeUInt16BE(port < 0 ? 40_000 : port, 22)
    ip.writeUInt16BE(8 + octets.length, 24)
    const record = Buffer.alloc(16)
    record.writeUInt32LE(1_700_000_000 + index, 0)
    record.writeUInt32LE(ip.length + octets.length, 8)
    record.writeUInt32LE(ip.length + octets.length, 12)
    return [record, ip, octets]
  })
  return Buffer.concat([header, ...records])
}
