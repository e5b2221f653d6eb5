/**
 * EAP-TTLS with PAP beside FreeRADIUS: full handshakes and resumptions, by TLS 1.3 and 1.2, in interleaved rounds, both by the
 * same certificate. `npm run bench:eap -- [--rounds N] [--seconds N] [--out FILE]`. What counts is the server's CPU of a login:
 * devices cost as much as servers here, and would hide who of them could do more.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import type { EapLoad, EapSample } from './eap_load.ts'
import { EAP_WAYS, type EapResults, type EapWay, eapReport } from './eap_report.ts'
import { startFreeradiusEap } from './freeradius_eap.ts'
import { describeMachine, has, pinned, warnIfBusy } from './machine.ts'
import { emptyLog, makePlace, startSallyport } from './sallyport_subject.ts'
import { seed } from './seed.ts'
import type { Subject } from './subject.ts'

const PROGRAM = resolve(import.meta.dirname, '../bin/sallyport')
const LOAD = resolve(import.meta.dirname, 'eap_load.ts')
const SECRET = 'bench-secret-of-22-chars'
const AT_ONCE = 64
/** A multiple of AT_ONCE, so that no account is asked twice at once. */
const USERS = 8192

interface Options {
  readonly rounds: number
  readonly seconds: number
  readonly out: string | null
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    out: { type: 'string' },
  },
})
const options: Options = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  out: values.out ?? null,
}

const directory = mkdtempSync(join(tmpdir(), 'sallyport-bench-eap-'))
const subjects: Subject[] = []
try {
  await compare()
} finally {
  for (const subject of subjects) await subject.stop()
  rmSync(directory, { recursive: true, force: true })
}

async function compare(): Promise<void> {
  const warning = warnIfBusy()
  const place = makePlace(join(directory, 'sallyport'), null, SECRET)
  await seed({ ...place, accounts: USERS })
  const init = ['eap', 'init', '--name', 'radius.example.org']
  execFileSync(PROGRAM, init, { env: { ...process.env, SALLYPORT_CONFIG: place.configFile } })
  subjects.push(await startSallyport('sqlite', 'Sallyport, SQLite', place))
  if (has('freeradius')) {
    const certificates = join(place.directory, 'eap')
    const peer = { directory: join(directory, 'freeradius'), secret: SECRET, users: USERS, certificates }
    subjects.push(await startFreeradiusEap(peer))
  }
  const results: EapResults = new Map(subjects.map(({ title }) => [title, new Map()]))
  for (let round = 1; round <= options.rounds; round++) {
    for (const way of EAP_WAYS) {
      for (const subject of subjects) {
        const sample = await measure(subject, way)
        const own = results.get(subject.title)!
        own.set(way.name, [...(own.get(way.name) ?? []), sample])
        say(`round ${round}: ${subject.name}, ${way.name}: ${inShort(sample)}`)
      }
    }
    emptyLog(place)
  }
  const text = eapReport({ ...options, atOnce: AT_ONCE, machine: describeMachine(), warning }, results)
  process.stdout.write(text)
  if (options.out !== null) writeFileSync(options.out, text)
}

async function measure({ name, address, pid, password }: Subject, way: EapWay): Promise<EapSample> {
  const [host = '', port] = address.split(':')
  const load: EapLoad = {
    ...{ host, port: Number(port), secret: SECRET, tls: way.tls, resumes: way.resumes },
    ...{ atOnce: AT_ONCE, users: USERS, password, countersFile: join(directory, `${name}.counters`) },
    ...{ serverPid: pid, seconds: options.seconds, warmUpSeconds: 1 },
  }
  const args = ['--disable-warning=ExperimentalWarning', LOAD, JSON.stringify(load)]
  const child = spawn(...pinned('client', process.execPath, args), { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.on('data', (chunk) => {
    printed += chunk
  })
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`the devices ended with ${status}`)
  return JSON.parse(printed) as EapSample
}

function inShort({ perSecond, serverCpuUs, clientShare, serverShare, requestsEach }: EapSample): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`
  return `${Math.round(perSecond)}/s, ${Math.round(serverCpuUs)} us CPU, ${requestsEach.toFixed(1)} requests, server ${percent(serverShare)}, devices ${percent(clientShare)}`
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
