/** The commands on a real SQLite in a directory of their own; time and entropy are given, so that answers repeat. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from '../../src/admin/command.ts'
import { commands, findCommand } from '../../src/admin/commands.ts'
import { runCommand } from '../../src/admin/run_command.ts'
import { pinKey } from '../../src/auth/pin.ts'
import { readConfig } from '../../src/config/config.ts'
import { deriveKeys } from '../../src/seal.ts'
import { adminContext } from '../../src/server/admin_context.ts'
import type { Caller } from '../../src/server/admin_socket.ts'
import { checkClient, clientStatus } from '../../src/server/client_status.ts'
import { Committer } from '../../src/server/committer.ts'
import { makeClientSecret } from '../../src/server/data_directory.ts'
import { settingsFrom } from '../../src/server/settings.ts'
import { TokenBuckets } from '../../src/server/token_buckets.ts'
import { openDatabase } from '../../src/storage/open_store.ts'
import type { Store } from '../../src/storage/store.ts'
import { NOW } from '../auth/make_token.ts'

export interface Admin {
  readonly directory: string
  readonly store: Store
  contextFor(caller: Partial<Caller> & { actor: string; source: string }): Context
  /** Runs `token enroll` and the like; `body` as it would come in. */
  run(name: string, body?: object): Promise<never>
  /** For tests that need to come between two steps of a command. */
  readonly context: Context
  close(): Promise<void>
}

export const CALLER = { actor: 'admin:carol', source: 'socket' }

const CLIENTS = {
  vpn: {
    ...{ requests: 16, accepts: 2, rejects: 1, challenges: 0, duplicates: 1, unsigned: 0, lastAt: NOW },
    faults: { 'wrong-message-authenticator': { count: 12, lastAt: NOW, address: '10.0.0.7' } },
  },
}
const RECENT = [
  { address: '192.0.2.9', client: null, reason: 'unknown-client', count: 3, lastAt: NOW },
  { address: '10.0.0.7', client: 'vpn', reason: 'wrong-message-authenticator', count: 12, lastAt: NOW },
]

const STATUS = {
  version: '0.1.0',
  node: 'a',
  runtime: 'Node.js 24.0.0 on a',
  startedAt: NOW,
  uptimeSeconds: 7200,
  database: { url: 'sqlite:sallyport.db', reachable: true },
  workers: [{ pid: 10, logins: 3 }],
  listeners: [{ address: '127.0.0.1:1812', receiveBuffer: 4194304, kernelDrops: null }],
  admin: { socket: 'admin.sock' },
  eap: { serverName: 'radius.test', validUntil: NOW + 86_400_000, warning: 'it runs out' },
  counters: { accepted: 2, rejected: 1 },
  ...clientStatus({ clients: CLIENTS, recentFaults: RECENT }),
}

const ACTIVITY = {
  from: NOW,
  minutes: [{ at: NOW, accept: 2, reject: 1, challenge: 0, dropped: 12 }],
  reasons: [{ reason: 'wrong-otp', count: 1, words: 'the OTP was no code of the token, near or far' }],
}

/** `configure` writes a configuration file into the directory, and names it. */
export async function makeAdmin(
  now: () => number = () => NOW,
  configure: (directory: string) => string | null = () => null,
): Promise<Admin> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-admin-'))
  const keys = deriveKeys(new Uint8Array(32).fill(1))
  const opened = await openDatabase(`sqlite:${join(directory, 'sallyport.db')}`)
  const store = await opened.store(keys, 'a')
  const committer = new Committer({ store, now })
  makeClientSecret(join(directory, 'localhost.secret'))
  const config = readConfig({
    file: configure(directory),
    env: { SALLYPORT_SERVER__DATA_DIR: directory },
    cwd: directory,
  })
  const settings = settingsFrom(config, pinKey(keys.pin))
  let drawn = 0
  // Each draw differs from every other, and all repeat from run to run.
  const entropy = (octets: number) =>
    createHash('sha512').update(String(drawn++)).digest().subarray(0, octets)
  const reload: Context['reload'] = async () => ({ clients: 1, warnings: ['client "vpn" is lenient'] })
  const check: Context['checkClient'] = async (address) =>
    checkClient(address, settings.clients, () => false, { recentFaults: RECENT })
  const status = async () => STATUS
  const activity = async () => ACTIVITY
  const parts = {
    ...{ store, committer, keys, otpTries: new TokenBuckets(), settings: () => settings },
    ...{ status, activity, checkClient: check, reload },
  }
  const contextFor: Admin['contextFor'] = (caller) => ({
    ...adminContext(parts, { role: 'admin', ...caller }),
    now,
    entropy,
  })
  const context = contextFor(CALLER)
  return {
    directory,
    store,
    context,
    contextFor,
    run: async (name, body = {}) => {
      const [noun = '', verb = ''] = name.split(' ')
      return (await runCommand(findCommand(commands, noun, verb), body, context)) as never
    },
    close: async () => {
      await committer.close()
      await store.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** RFC 4226's own secret and its first codes, by counter. */
export const SECRET_HEX = '3132333435363738393031323334353637383930'
export const OTPS = '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'.split(' ') as [
  string,
  ...string[],
] &
  string[]

/** What a rejected promise was rejected with, as code, message and hint; 'nothing' if it was not. */
export async function refusal(promise: Promise<unknown>): Promise<unknown[]> {
  try {
    await promise
    return ['nothing']
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string }
    return [code, message, hint]
  }
}
