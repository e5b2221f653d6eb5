/** The server's clock jumps back and forth by minutes: no TOTP time step is accepted twice, and the log says that it jumped. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatOtp, type OtpGenerator, otpGenerator } from '../../../src/tokens/otp_generator.ts'
import { secretOf } from '../../e2e/otp.ts'
import { CLIENT_SECRET } from '../../e2e/server.ts'
import { chance } from '../chance.ts'
import { Nas } from '../nas.ts'
import type { Node } from '../node.ts'
import { Rig } from '../rig.ts'
import { count, type Outcome, type Run, type Scenario, skipped } from '../run.ts'

const TITLE = 'clock jumps'
const USERS = 40
const DIGITS = 8
const PERIOD_MS = 30_000
/** A jump is looked for once a second. */
const NOTICED_MS = 1300

export const clock: Scenario = {
  name: 'clock',
  title: 'the clock jumps back and forth by minutes',
  play: async (run) => {
    const library = faketime()
    if (library === null)
      return [skipped(TITLE, 'libfaketime, which gives one process another clock, is not installed')]
    const rig = await Rig.open({ run, users: 1 })
    try {
      return [await play(run, rig, library)]
    } finally {
      await rig.close()
    }
  },
}

/** Where Debian's package `faketime` has it. */
function faketime(): string | null {
  const folders = existsSync('/usr/lib') ? readdirSync('/usr/lib') : []
  const paths = ['', ...folders].map((folder) => join('/usr/lib', folder, 'faketime/libfaketimeMT.so.1'))
  return paths.find((path) => existsSync(path)) ?? null
}

interface TotpUser {
  readonly name: string
  readonly generate: OtpGenerator
  /** Time steps. */
  readonly accepted: Set<number>
}

async function play(run: Run, rig: Rig, library: string): Promise<Outcome> {
  const { ledger } = rig
  const { between, pick } = chance(run.seed)
  const offsetFile = join(rig.directory, 'clock')
  const setClock = (seconds: number) => writeFileSync(offsetFile, `${seconds < 0 ? '' : '+'}${seconds}s\n`)
  setClock(0)
  const node = await rig.node({
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: offsetFile,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
  })
  const users = await enroll(node)
  const nas = await Nas.open({
    server: node.endpoint,
    secret: CLIENT_SECRET,
    chance: chance(run.seed),
    ports: 1,
    retryAfterMs: 1000,
    tries: 5,
  })
  const jumps = run.short ? 4 : 40
  let [offset, warningsExpected, sent, accepted] = [0, 0, 0, 0]
  for (let nth = 0; nth <= jumps; nth++) {
    if (nth > 0) {
      // Back and forth, and on the whole forward, or nobody could log in any more.
      offset += nth % 3 === 2 ? -between(30, 400) : between(60, 600)
      setClock(offset)
      warningsExpected++
      await sleep(NOTICED_MS)
    }
    const step = Math.floor((Date.now() + offset * 1000) / PERIOD_MS)
    let acceptedNow = 0
    await Promise.all(
      users.map(async (user) => {
        // What a thief has seen, near and far, and what the token shows now.
        const old = [...user.accepted]
        const steps = [
          step,
          step,
          ...(old.length > 0 ? [pick(old), old.at(-1)!] : []),
          step + between(-3, 3),
          step,
        ]
        for (const one of steps) {
          sent++
          const answer = await login(nas, user, one)
          if (answer === null) ledger.violated(`${user.name}: a TOTP login was not answered`)
          if (answer !== 'accept') continue
          acceptedNow++
          if (user.accepted.has(one)) ledger.violated(`${user.name}: time step ${one} was accepted twice`)
          else if (one < Math.max(...user.accepted)) {
            ledger.violated(`${user.name}: time step ${one} was accepted after a later one`)
          }
          user.accepted.add(one)
        }
      }),
    )
    accepted += acceptedNow
    run.say(`clock ${offset >= 0 ? '+' : ''}${offset} s: ${acceptedNow} accepted`)
  }
  await nas.close()
  const warnings = await node.logged(/warn .*clock of this system jumped/)
  if (warnings.length !== warningsExpected) {
    ledger.violated(
      `the clock jumped ${warningsExpected} times, and the log says so ${warnings.length} times`,
    )
  }
  if (accepted < users.length) ledger.violated(`only ${accepted} TOTP logins were accepted at all`)
  const verified = await node.command('audit', 'verify')
  if (verified.ok !== true) ledger.violated(`the audit trail: ${JSON.stringify(verified.firstBad)}`)
  return {
    scenario: TITLE,
    violations: ledger.violations,
    figures: [
      { name: 'jumps, all of them in the log', value: count(jumps) },
      { name: 'TOTP logins sent', value: count(sent) },
      { name: 'accepted, each time step once', value: count(accepted) },
    ],
  }
}

async function enroll(node: Node): Promise<TotpUser[]> {
  return await Promise.all(
    Array.from({ length: USERS }, async (_, index) => {
      const name = `totp${index}`
      const secretHex = secretOf(`clock ${index}`)
      await node.command('token', 'enroll', {
        type: 'totp',
        user: name,
        serial: `C${index}`,
        secretHex,
        digits: DIGITS,
        maxFail: 0,
      })
      return {
        name,
        generate: otpGenerator('sha1', Buffer.from(secretHex, 'hex')),
        accepted: new Set<number>(),
      }
    }),
  )
}

async function login(nas: Nas, { name, generate }: TotpUser, step: number): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  nas.ask(name, formatOtp(generate, DIGITS, step), {
    sent: () => {},
    answered: resolve,
    gaveUp: () => resolve(null),
  })
  return await promise
}
