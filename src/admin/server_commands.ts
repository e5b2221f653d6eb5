/** How the server is, and taking up its changed configuration. */
import { z } from 'zod'
import { command } from './command.ts'
import { formatTime } from './rfc3339.ts'

const serverStatus = command({
  noun: 'server',
  verb: 'status',
  summary: 'show version, listeners, database and counters',
  role: 'viewer',
  input: z.strictObject({}),
  output: z.strictObject({
    version: z.string(),
    node: z.string().describe('name of this server in the audit trail'),
    runtime: z.string().describe('the Node.js that runs it'),
    startedAt: z.iso.datetime(),
    uptimeSeconds: z.number(),
    database: z.strictObject({ url: z.string(), reachable: z.boolean() }),
    admin: z.strictObject({ socket: z.string() }),
    workers: z.array(z.strictObject({ pid: z.int(), logins: z.int().describe('answered by this process') })),
    listeners: z.array(
      z.strictObject({
        address: z.string(),
        receiveBuffer: z.int().describe('octets'),
        kernelDrops: z
          .int()
          .nullable()
          .describe('datagrams lost because the buffer was full; null = not known'),
      }),
    ),
    eap: z
      .strictObject({ serverName: z.string(), validUntil: z.iso.datetime() })
      .nullable()
      .describe('the certificate for EAP; null = EAP is off'),
    counters: z.record(z.string(), z.number()),
  }),
  run: async (_, { status }) => {
    const { startedAt, database, admin, workers, listeners, eap, counters, ...rest } = await status()
    return {
      ...rest,
      startedAt: formatTime(startedAt),
      database: { ...database },
      admin: { ...admin },
      workers: workers.map((worker) => ({ ...worker })),
      listeners: listeners.map((listener) => ({ ...listener })),
      eap: eap === null ? null : { ...eap, validUntil: formatTime(eap.validUntil) },
      counters: { ...counters },
    }
  },
})

const serverReload = command({
  noun: 'server',
  verb: 'reload',
  summary: 're-read clients and policies from the configuration; a bad file changes nothing',
  role: 'admin',
  input: z.strictObject({}),
  output: z.strictObject({
    clients: z.int().describe('RADIUS clients now known'),
    warnings: z.array(z.string()),
  }),
  run: async (_, { reload }) => {
    const { clients, warnings } = await reload()
    return { clients, warnings: [...warnings] }
  },
})

export const serverCommands = [serverStatus, serverReload]
