/**
 * Accounting-Requests on SQLite, 256 outstanding: sessions of a Start, two Interim-Updates and a Stop each; and beside it, what
 * logins at a steady rate notice of it. `node bench/accounting.ts [SECONDS]`.
 */
import { spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Code, AttributeType as Type } from '../src/radius/attributes.ts'
import { encodeSignedRequest } from '../src/radius/request_authenticator.ts'
import { SharedSecret } from '../src/radius/shared_secret.ts'
import { cpuSecondsOf, familyOf } from './machine.ts'
import { makePlace } from './sallyport_subject.ts'
import { seed, USERS } from './seed.ts'
import { startProgram } from './subject.ts'

const PROGRAM = resolve(import.meta.dirname, '../bin/sallyport')
const WORD = 'bench-secret-of-22-chars'
const SECRET = new SharedSecret(WORD)
const OUTSTANDING = 256
const LOGINS_PER_SECOND = 2000
const RECORDS_PER_SECOND = 2000
const ACCOUNTS = 10_000
let made = 0
const [seconds = 5] = process.argv.slice(2).map(Number)

const directory = mkdtempSync(join(tmpdir(), 'sallyport-bench-acct-'))
try {
  await measure()
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function measure(): Promise<void> {
  const place = makePlace(directory, null, WORD)
  writeFileSync(join(directory, 'secret'), WORD)
  await seed({ ...place, accounts: ACCOUNTS })
  const started = await startProgram(PROGRAM, ['serve'], {
    ready: /admin socket/,
    logFile: join(directory, 'server.log'),
    env: { SALLYPORT_CONFIG: place.configFile },
    cwd: directory,
  })
  const addressOf = (title: string) => new RegExp(`${title} +([\\d.:]+)`).exec(started.printed)![1]!
  const port = Number(addressOf('accounting').split(':')[1])
  try {
    await records(port, 2, null)
    const before = cpuSecondsOf(familyOf(started.pid))
    const { answered, p99Ms } = await records(port, seconds, null)
    const cpuUs = ((cpuSecondsOf(familyOf(started.pid)) - before) * 1e6) / answered
    say(
      'accounting alone',
      `${Math.round(answered / seconds)}/s, p99 ${p99Ms} ms, ${cpuUs.toFixed(0)} µs of CPU each`,
    )
    for (const rate of [0, RECORDS_PER_SECOND, 0, RECORDS_PER_SECOND]) {
      const beside = rate === 0 ? Promise.resolve(null) : records(port, seconds + 2, rate)
      const [logins, accounted] = await Promise.all([login(addressOf('listening')), beside])
      const load = accounted === null ? 'no accounting' : `${rate} records/s (p99 ${accounted.p99Ms} ms)`
      say(`${LOGINS_PER_SECOND} logins/s beside ${load}`, logins)
    }
  } finally {
    await started.stop()
  }
}

function say(what: string, figures: string): void {
  process.stdout.write(`${what}: ${figures}\n`)
}

/** For so many seconds; `rate` null: as many as are answered, 256 at a time. */
async function records(
  port: number,
  forSeconds: number,
  rate: number | null,
): Promise<{ answered: number; p99Ms: number }> {
  const waits: number[] = []
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 })
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  const sentAt = new Float64Array(256)
  const end = performance.now() + 1000 * forSeconds
  const again = (identifier: number) => {
    sentAt[identifier] = performance.now()
    send(socket, port, identifier)
  }
  socket.on('message', (reply) => {
    const identifier = reply[1]!
    const now = performance.now()
    waits.push(now - sentAt[identifier]!)
    if (rate === null && now < end) again(identifier)
  })
  if (rate === null) for (let identifier = 0; identifier < OUTSTANDING; identifier++) again(identifier)
  else {
    let sent = 0
    for (const begun = performance.now(); performance.now() < end; await sleep(1))
      while (sent < ((performance.now() - begun) * rate) / 1000) again(sent++ % 256)
  }
  await sleep(Math.max(0, end - performance.now()) + 200)
  socket.close()
  waits.sort((a, b) => a - b)
  return { answered: waits.length, p99Ms: Math.round(waits[Math.floor(0.99 * waits.length)] ?? 0) }
}

/** The next record of four for each session. */
function send(socket: Socket, port: number, identifier: number): void {
  const record = made++
  const session = `${process.pid}-${Math.floor(record / 4)}`
  const status = [1, 3, 3, 2][record % 4]!
  const integer = (type: number, value: number) => ({
    type,
    value: Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value),
  })
  const attributes = [
    integer(Type.AcctStatusType, status),
    { type: Type.AcctSessionId, value: Buffer.from(session) },
    { type: Type.UserName, value: Buffer.from(`${USERS.prefix}${record % ACCOUNTS}`) },
    { type: Type.NasIdentifier, value: Buffer.from('gateway') },
    { type: Type.FramedIpAddress, value: Uint8Array.of(10, 1, record >> 8, record) },
    { type: Type.CallingStationId, value: Buffer.from('198.51.100.9') },
    integer(Type.AcctSessionTime, 60 * (record % 4)),
    integer(Type.AcctInputOctets, 1000 * (record % 4)),
    integer(Type.AcctOutputOctets, 5000 * (record % 4)),
  ]
  socket.send(encodeSignedRequest(Code.AccountingRequest, identifier, attributes, SECRET), port, '127.0.0.1')
}

async function login(address: string): Promise<string> {
  const users = [
    '--hotp',
    ACCOUNTS,
    '--pin',
    USERS.pin,
    '--counters',
    join(directory, 'counters'),
    '--order',
    'random',
  ]
  const times = ['--rate', LOGINS_PER_SECOND, '--seconds', seconds, '--warm-up', 1]
  const args = ['--json', 'bench', address, '--secret-file', join(directory, 'secret'), ...users, ...times]
  const child = spawn(PROGRAM, args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.on('data', (chunk) => {
    printed += chunk
  })
  await new Promise((done) => child.on('close', done))
  const { latencyUs, counts } = JSON.parse(printed)
  return `p50 ${latencyUs.p50} µs, p99 ${latencyUs.p99} µs, ${counts.accepts} accepts, ${counts.rejects} rejects, ${counts.timeouts} timeouts`
}
