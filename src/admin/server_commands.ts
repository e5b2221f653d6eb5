/** How the server is, and taking up its changed configuration. */
import { z } from 'zod'
import { command, type RadsecStatus } from './command.ts'
import { formatTime, formatTimeOrNull } from './rfc3339.ts'

const time = z.iso.datetime()

const clientSchema = z.strictObject({
  name: z.string(),
  requests: z.int(),
  accepts: z.int(),
  rejects: z.int(),
  challenges: z.int(),
  duplicates: z.int().describe('sent again'),
  unsigned: z
    .int()
    .describe('logins without Message-Authenticator that were taken: anybody on the way can forge them'),
  faults: z.int().describe('dropped, or rejected without a decision'),
  lastAt: time.nullable().describe('its last request'),
})

export const faultSchema = z.strictObject({
  client: z.string(),
  reason: z.string(),
  count: z.int(),
  lastAt: time,
  address: z.string().nullable().describe('where the last one came from'),
  cause: z.string().describe('the likely one'),
  remedy: z.string(),
})

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
    radsec: z
      .strictObject({
        listeners: z.array(z.string()),
        certificateExpiresAt: z.iso.datetime().nullable().describe('the first of its certificates'),
      })
      .optional()
      .describe('RADIUS over TLS, where it is on'),
    eap: z
      .strictObject({
        serverName: z.string(),
        validUntil: z.iso.datetime(),
        warning: z.string().nullable().describe('from 30 days before its end on'),
      })
      .nullable()
      .describe('the certificate for EAP; null = EAP is off'),
    console: z
      .strictObject({
        url: z.string(),
        certificateExpiresAt: z.iso.datetime().nullable().describe('null: it is served without TLS'),
      })
      .optional()
      .describe('where browsers find the console, where it is on'),
    clients: z.array(clientSchema).describe('since the start'),
    faults: z
      .array(faultSchema)
      .describe('requests dropped, or rejected without a decision; by client and reason'),
    unknownAddresses: z
      .array(z.strictObject({ address: z.string(), count: z.int(), lastAt: time }))
      .describe('the last ones that sent something and are no client'),
    counters: z.record(z.string(), z.number()),
  }),
  run: async (_, { status }) => {
    const {
      startedAt,
      database,
      admin,
      workers,
      listeners,
      radsec,
      eap,
      console: web,
      clients,
      faults,
      unknownAddresses,
      counters,
      ...rest
    } = await status()
    return {
      ...rest,
      startedAt: formatTime(startedAt),
      database: { ...database },
      admin: { ...admin },
      workers: workers.map((worker) => ({ ...worker })),
      listeners: listeners.map((listener) => ({ ...listener })),
      ...(radsec === undefined ? {} : { radsec: radsecView(radsec) }),
      ...(web === undefined
        ? {}
        : { console: { ...web, certificateExpiresAt: formatTimeOrNull(web.certificateExpiresAt) } }),
      clients: clients.map((client) => ({ ...client, lastAt: formatTimeOrNull(client.lastAt) })),
      faults: faults.map((fault) => ({ ...fault, lastAt: formatTime(fault.lastAt) })),
      unknownAddresses: unknownAddresses.map((each) => ({ ...each, lastAt: formatTime(each.lastAt) })),
      eap: eap === null ? null : { ...eap, validUntil: formatTime(eap.validUntil) },
      counters: { ...counters },
    }
  },
})

const count = z.int()

const serverActivity = command({
  noun: 'server',
  verb: 'activity',
  summary: 'show what this node answered in each of the last minutes, and why it rejected; kept in memory',
  role: 'viewer',
  input: z.strictObject({
    minutes: z.int().min(1).max(1440).default(60).describe('of the last day: 1 to 1440'),
  }),
  output: z.strictObject({
    from: time,
    minutes: z
      .array(z.strictObject({ at: time, accept: count, reject: count, challenge: count, dropped: count }))
      .describe('oldest first; none from before the start'),
    reasons: z
      .array(z.strictObject({ reason: z.string(), count, words: z.string() }))
      .describe('of the Rejects, the most frequent first'),
  }),
  example: '--minutes 15',
  run: async ({ minutes }, { activity }) => {
    const { from, minutes: shown, reasons } = await activity(minutes)
    return {
      from: formatTime(from),
      minutes: shown.map((minute) => ({ ...minute, at: formatTime(minute.at) })),
      reasons: reasons.map((each) => ({ ...each })),
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

function radsecView({ listeners, certificateExpiresAt: at }: RadsecStatus) {
  return { listeners: [...listeners], certificateExpiresAt: at === null ? null : formatTime(at) }
}

export const serverCommands = [serverStatus, serverActivity, serverReload]
