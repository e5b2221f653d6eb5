/** The keys of the configuration file: types, bounds, defaults. What is allowed is said next to each rule. */
import { z } from 'zod'
import {
  checkAccounting,
  checkClient,
  checkDatabaseUrl,
  checkEndpoint,
  checkRadius,
  checkTokens,
  checkVlan,
  checkWorkers,
  parseListen,
  parseNetworks,
} from './checks.ts'
import { adminSection, checkConsole, consoleSection } from './console.ts'
import { checkRadsec, checkTls, parseFingerprints, parseNames } from './radsec_checks.ts'
import { matching, oneOf, path, perSecond, seconds, section, text, whole, yesOrNo } from './rules.ts'

const VERSIONS = 'allowed: ["1.0", "1.1"], or one of the two'

const KEEP = 'allowed: hours or days, such as "12h" or "30d"'

const server = section({
  node: matching(/^[^\p{C}\p{Z}]{1,64}$/u, 'a name of 1 to 64 visible characters without spaces').optional(),
  data_dir: path('a directory').default('./data'),
  master_key_file: path('a file').optional(),
  workers: whole(1, 64).default(1),
})

const database = section({
  url: text('"sqlite:FILE" or "postgres://USER:PASSWORD@HOST/DATABASE"')
    .superRefine(checkDatabaseUrl)
    .optional(),
  cached_tokens: whole(0, 50_000_000).default(1_000_000),
})

/** In a client: what proves it over TLS. */
const tls = z
  .strictObject(
    {
      name: z.unknown().transform(parseNames).optional(),
      fingerprint: z.unknown().transform(parseFingerprints).optional(),
      psk_identity: matching(
        /^[^\p{C}\p{Z}]{1,128}$/u,
        'a name of 1 to 128 visible characters without spaces',
      ).optional(),
      psk: text('a key of 16 octets or more').optional(),
      psk_file: path('a file').optional(),
    },
    { error: 'allowed: a table, such as { name = "vpn.example.org" }' },
  )
  .superRefine(checkTls)

const client = z
  .strictObject(
    {
      name: matching(/^[^\p{C}\p{Z}]{1,64}$/u, 'a name of 1 to 64 visible characters without spaces'),
      address: z.unknown().transform(parseNetworks).optional(),
      tls: tls.optional(),
      secret: text('a text of at least 1 character, better 16 or more').optional(),
      secret_file: path('a file').optional(),
      require_message_authenticator: z
        .literal([true, false, 'auto'], { error: 'allowed: true, "auto" or false' })
        .default(true),
      limit_proxy_state: yesOrNo().default(true),
      ...replyKeys(),
      mschap: yesOrNo().default(false),
      eap: yesOrNo().default(true),
      challenge: yesOrNo().default(false),
      otp_only: yesOrNo().default(false),
      prompt: prompt(),
      next_otp_prompt: prompt(),
      new_pin_prompt: prompt(),
      repeat_pin_prompt: prompt(),
      disconnect: text('"ADDRESS:PORT", such as "10.0.0.7:3799"').superRefine(checkEndpoint).optional(),
      disconnect_port: whole(1, 65_535).optional(),
    },
    { error: 'allowed: one [[radius.clients]] block for each client' },
  )
  .superRefine(checkClient)

const group = z
  .strictObject(
    {
      name: matching(
        /^[^\p{C}\p{Z},]{1,64}$/u,
        'a name of 1 to 64 visible characters without spaces and commas',
      ),
      ...replyKeys(),
    },
    { error: 'allowed: one [[radius.groups]] block for each group' },
  )
  .superRefine(checkVlan)

const radius = section({
  listen: z
    .array(z.unknown().transform(parseListen), {
      error: 'allowed: a list such as ["127.0.0.1:1812", "[::1]:1812"]',
    })
    .min(1, { error: 'allowed: at least one address, such as ["0.0.0.0:1812"]' })
    .max(64, { error: 'allowed: at most 64 addresses' })
    .default([
      { host: '127.0.0.1', port: 1812 },
      { host: '::1', port: 1812 },
    ]),
  reject_delay: seconds(0, 60).default(1),
  duplicate_window: seconds(1, 300).default(30),
  clients: z.array(client, { error: 'allowed: one [[radius.clients]] block for each client' }).default([]),
  groups: z.array(group, { error: 'allowed: one [[radius.groups]] block for each group' }).default([]),
  dictionaries: z
    .array(path('a file'), { error: 'allowed: a list of files, such as ["dictionary.acme"]' })
    .max(64, { error: 'allowed: at most 64 files; one may $INCLUDE others' })
    .default([]),
}).superRefine(checkRadius)

const radsec = section({
  listen: z
    .array(z.unknown().transform(parseListen), { error: 'allowed: a list such as ["0.0.0.0:2083"]' })
    .max(64, { error: 'allowed: at most 64 addresses' })
    .default([]),
  certificate_file: path('a file').optional(),
  key_file: path('a file').optional(),
  ca_file: path('a file').optional(),
  versions: z
    .array(z.enum(['1.0', '1.1'], { error: VERSIONS }), { error: VERSIONS })
    .min(1, { error: VERSIONS })
    .default(['1.0', '1.1']),
  idle_timeout: seconds(0, 86_400, ' (0 = never)').default(600),
  max_connections: whole(1, 65_536).default(1024),
  max_connections_per_client: whole(1, 65_536).default(64),
})

const accounting = section({
  listen: z
    .array(z.unknown().transform(parseListen), {
      error: 'allowed: a list such as ["0.0.0.0:1813"]; an empty one turns accounting off',
    })
    .max(64, { error: 'allowed: at most 64 addresses' })
    .optional(),
  keep: z
    .string({ error: KEEP })
    .regex(/^[1-9]\d{0,4}[hd]$/, { error: KEEP })
    .default('30d'),
})

const tokens = section({
  digits: z.literal([6, 8], { error: 'allowed: 6 or 8' }).default(6),
  window: whole(1, 100).default(10),
  sync_window: whole(1, 10_000).default(1000),
  totp_window: whole(0, 100).default(2),
  totp_sync_window: whole(0, 10_000).default(100),
  max_fail: whole(0, 1000, ' (0 = no limit)').default(10),
  auto_resync: yesOrNo().default(true),
  auto_resync_timeout: seconds(1, 86_400).default(240),
  pin_storage: oneOf(['mac', 'sealed']).default('mac'),
  reset_fail_counters: oneOf(['token', 'account']).default('token'),
  unlock_after: seconds(0, 31_536_000, ' (0 = until reset)').default(0),
}).superRefine(checkTokens)

const eap = section({
  resume_for: seconds(0, 518_400, ' (0 = never)').default(28_800),
})

const limits = section({
  account_rate: perSecond(1000).default(1),
  account_burst: whole(1, 1_000_000).default(20),
  source_rate: perSecond(1_000_000).default(10_000),
  source_burst: whole(1, 1_000_000).default(10_000),
})

const metrics = section({
  listen: text('"ADDRESS:PORT", such as "127.0.0.1:9812"').superRefine(checkEndpoint).optional(),
})

const log = section({
  level: oneOf(['error', 'warn', 'info', 'debug']).default('info'),
  format: oneOf(['text', 'json']).default('text'),
})

export const sections = {
  server,
  database,
  radius,
  radsec,
  accounting,
  admin: adminSection,
  console: consoleSection,
  tokens,
  eap,
  limits,
  metrics,
  log,
}

export const schema = z
  .strictObject({
    server: server.prefault({}),
    database: database.prefault({}),
    radius: radius.prefault({}),
    radsec: radsec.prefault({}),
    accounting: accounting.prefault({}),
    admin: adminSection.prefault({}),
    console: consoleSection.prefault({}),
    tokens: tokens.prefault({}),
    eap: eap.prefault({}),
    limits: limits.prefault({}),
    metrics: metrics.prefault({}),
    log: log.prefault({}),
  })
  .superRefine(checkWorkers)
  .superRefine(checkRadsec)
  .superRefine(checkAccounting)
  .superRefine(checkConsole)

export type Settings = z.output<typeof schema>
export type ClientSettings = z.output<typeof client>
export type GroupSettings = z.output<typeof group>

/** The keys of one client and of one group, and those of each section, for "did you mean". */
export const clientKeys: readonly string[] = Object.keys(client.shape)
export const groupKeys: readonly string[] = Object.keys(group.shape)
export const tlsKeys: readonly string[] = Object.keys(tls.shape)

/** Does this key hold a text? An environment variable then gives it without TOML quotes. */
export function isText(rule: z.ZodType): boolean {
  if (rule instanceof z.ZodOptional || rule instanceof z.ZodDefault) return isText(rule.unwrap() as z.ZodType)
  return rule instanceof z.ZodString || rule instanceof z.ZodEnum
}

/** What a client or a group says of a session (replies.ts reads the lines). */
function replyKeys() {
  const lines = 'allowed: a list of texts such as ["Filter-Id = staff", "Session-Timeout = 28800"]'
  return {
    reply: z
      .array(z.string({ error: lines }), { error: lines })
      .max(100, { error: 'allowed: at most 100 lines' })
      .default([]),
    vlan: z
      .custom<number | string>(isVlan, { error: 'allowed: a number from 1 to 4094, or the name of a VLAN' })
      .optional(),
    vlan_tag: whole(0, 31, ' (0 = none)').optional(),
  }
}

function isVlan(value: unknown): boolean {
  if (typeof value === 'string') return /^[^\p{Cc}\p{Zs}]{1,32}$/u.test(value)
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 4094
}

/** One Reply-Message (RFC 2865 §5.18): some devices show no more than the first. Blanks at its end are kept. */
function prompt() {
  const error = 'allowed: a text of 1 to 253 octets in UTF-8 without control characters'
  return z
    .string({ error })
    .regex(/^\P{Cc}*\S\P{Cc}*$/u, { error, abort: true })
    .refine((text) => text.isWellFormed() && Buffer.byteLength(text) <= 253, { error })
    .optional()
}
