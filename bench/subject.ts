/** What is measured: a program that answers RADIUS, on the server's core, started once for all rounds. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { pinned } from './machine.ts'
import type { SubjectName } from './options.ts'

export interface Subject {
  readonly name: SubjectName
  /** As the tables have it. */
  readonly title: string
  /** `127.0.0.1:1812` */
  readonly address: string
  readonly pid: number
  /** Null: HOTP. */
  readonly password: string | null
  stop(): Promise<void>
}

export interface Started {
  readonly child: ChildProcess
  readonly pid: number
  /** What it had printed when it was ready. */
  readonly printed: string
  /** From its start until it was ready. */
  readonly readyMs: number
  stop(): Promise<void>
}

const START_MS = 60_000
const STOP_MS = 15_000

/** Starts it on the server's core and waits until its standard output matches. Standard error goes to `logFile`. */
export async function startProgram(
  command: string,
  args: readonly string[],
  options: {
    readonly ready: RegExp
    readonly logFile: string
    readonly env?: Record<string, string>
    readonly cwd?: string
  },
): Promise<Started> {
  const { ready, logFile, env = {}, cwd = '/' } = options
  const startedAt = performance.now()
  const child = spawn(...pinned('server', command, args), {
    stdio: ['ignore', 'pipe', openSync(logFile, 'a')],
    env: { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', ...env },
    cwd,
  })
  const ended = once(child, 'close')
  let printed = ''
  child.stdout?.on('data', (chunk) => {
    printed += chunk
  })
  const stop = async () => {
    child.kill('SIGTERM')
    const late = new AbortController()
    await Promise.race([ended, sleep(STOP_MS, null, { signal: late.signal }).catch(() => {})])
    late.abort()
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  }
  while (!ready.test(printed)) {
    if (child.exitCode !== null || performance.now() - startedAt > START_MS) {
      await stop()
      throw new Error(`${command} does not start: see ${logFile}\n${printed}`)
    }
    await sleep(5)
  }
  return { child, pid: child.pid!, printed, readyMs: performance.now() - startedAt, stop }
}
