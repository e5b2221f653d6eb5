/** bin/sallyport as a user runs it, against an admin socket in this process. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { commands } from '../../src/admin/commands.ts'
import { openAdminSocket } from '../../src/server/admin_socket.ts'
import { type Admin, makeAdmin } from '../admin/make_admin.ts'

export const PROGRAM = fileURLToPath(new URL('../../bin/sallyport', import.meta.url))

export interface Sandbox {
  readonly admin: Admin
  readonly socket: string
  readonly env: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** An empty server with a socket; `env` leads the CLI to it, and away from whatever the tester has set. */
export async function makeSandbox(): Promise<Sandbox> {
  // Far away, so that nothing expires for the CLI, whose clock is the real one.
  const admin = await makeAdmin(() => Date.UTC(2100, 0, 1))
  const path = join(admin.directory, 'admin.sock')
  const { contextFor } = admin
  const socket = await openAdminSocket({
    path,
    role: 'admin',
    commands,
    version: '0.1.0',
    contextFor,
    metrics: async () => '',
    log: { error: console.error },
  })
  return {
    admin,
    socket: path,
    env: { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', SUDO_USER: 'carol', SALLYPORT_SOCKET: path },
    close: async () => {
      await socket.close()
      await admin.close()
    },
  }
}

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly stdin?: string
}

/** `detached`: without the terminal that the tests may have been started from, so that nothing is asked on it. */
export function run(args: readonly string[], { env, cwd = '/', stdin = '' }: RunOptions): Promise<Ran> {
  return collect(spawn(PROGRAM, args, { env, cwd, detached: true }), stdin)
}

export function runShell(script: string, { env, cwd = '/', stdin = '' }: RunOptions): Promise<Ran> {
  return collect(
    spawn('bash', ['--norc', '-c', script, 'bash', PROGRAM], { env, cwd, detached: true }),
    stdin,
  )
}

function collect(child: ReturnType<typeof spawn>, stdin: string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr?.on('data', (chunk) => {
      stderr += chunk
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end(stdin)
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, stdout, stderr }))
  })
}
