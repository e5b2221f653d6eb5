/** The keys of the configuration file: types, bounds, defaults. What is allowed is said next to each rule. */
import { z } from 'zod'
import { type Endpoint, type Network, parseEndpoint, parseNetwork, Refusal } from './network.ts'

const server = section({
  node: matching(/^[^\p{C}\p{Z}]{1,64}$/u, 'a name of 1 to 64 visible characters without spaces').optional(),
  data_dir: path('a directory').default('./data'),
  master_key_file: path('a file').optional(),
})

const database = section({
  url: text('"sqlite:FILE" or "postgres://USER:PASSWORD@HOST/DATABASE"')
    .superRefine(checkDatabaseUrl)
    .optional(),
})

const client = z
  .strictObject(
    {
      name: matching(/^[^\p{C}\p{Z}]{1,64}$/u, 'a name of 1 to 64 visible characters without spaces'),
      address: z.unknown().transform(parseNetworks),
      secret: text('a text of at least 1 character, better 16 or more').optional(),
      secret_file: path('a file').optional(),
      require_message_authenticator: z
        .literal([true, false, 'auto'], { error: 'allowed: true, "auto" or false' })
        .default(true),
      limit_proxy_state: yesOrNo().default(true),
      challenge: z
        .literal(false, { error: 'challenge-response is not in this version yet; allowed: false' })
        .default(false),
    },
    { error: 'allowed: one [[radius.clients]] block for each client' },
  )
  .superRefine(checkClient)

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
}).superRefine(checkRadius)

const admin = section({ socket: path('a file').optional() })

const tokens = section({
  digits: z.literal([6, 8], { error: 'allowed: 6 or 8' }).default(6),
  window: whole(1, 100).default(10),
  sync_window: whole(1, 10_000).default(1000),
  totp_window: whole(0, 100).default(2),
  totp_sync_window: whole(0, 10_000).default(100),
  max_fail: whole(0, 1000, ' (0 = no limit)').default(10),
  auto_resync: yesOrNo().default(true),
  auto_resync_timeout: seconds(1, 86_400).default(240),
  reset_fail_counters: oneOf(['token', 'account']).default('token'),
  unlock_after: seconds(0, 31_536_000, ' (0 = until reset)').default(0),
}).superRefine(checkTokens)

const log = section({
  level: oneOf(['error', 'warn', 'info', 'debug']).default('info'),
  format: oneOf(['text', 'json']).default('text'),
})

export const sections = { server, database, radius, admin, tokens, log }

export const schema = z.strictObject({
  server: server.prefault({}),
  database: database.prefault({}),
  radius: radius.prefault({}),
  admin: admin.prefault({}),
  tokens: tokens.prefault({}),
  log: log.prefault({}),
})

export type Settings = z.output<typeof schema>
export type ClientSettings = z.output<typeof client>

/** The keys of one client, and those of each section, for "did you mean". */
export const clientKeys: readonly string[] = Object.keys(client.shape)

/** Does this key hold a text? An environment variable then gives it without TOML quotes. */
export function isText(rule: z.ZodType): boolean {
  if (rule instanceof z.ZodOptional || rule instanceof z.ZodDefault) return isText(rule.unwrap() as z.ZodType)
  return rule instanceof z.ZodString || rule instanceof z.ZodEnum
}

function section<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, { error: 'allowed: a table, written as a [section]' })
}

function text(allowed: string) {
  const error = `allowed: ${allowed}`
  return z.string({ error }).min(1, { error, abort: true })
}

function matching(pattern: RegExp, allowed: string) {
  const error = `allowed: ${allowed}`
  return z.string({ error }).regex(pattern, { error })
}

function path(what: string) {
  return matching(/^[^\0]+$/, `the path of ${what}`)
}

function oneOf<const T extends readonly [string, string, ...string[]]>(words: T) {
  return z.enum(words, { error: `allowed: ${words.map((word) => `"${word}"`).join(', ')}` })
}

function yesOrNo() {
  return z.boolean({ error: 'allowed: true or false' })
}

function whole(least: number, most: number, note = '') {
  const error = `allowed: a whole number from ${least} to ${most}${note}`
  return z
    .number({ error })
    .int({ error, abort: true })
    .min(least, { error, abort: true })
    .max(most, { error, abort: true })
}

function seconds(least: number, most: number, note = '') {
  const error = `allowed: a number of seconds from ${least} to ${most}${note}`
  return z.number({ error }).min(least, { error, abort: true }).max(most, { error, abort: true })
}

/** An issue whose message is the rest of a sentence after the key, instead of what follows "KEY is FOUND; ". */
function say(ctx: z.RefinementCtx, path: PropertyKey[], predicate: string): void {
  ctx.addIssue({ code: 'custom', path, message: predicate, params: { isPredicate: true } })
}

function parseNetworks(value: unknown, ctx: z.RefinementCtx): readonly Network[] {
  const isList = Array.isArray(value)
  const networks: Network[] = []
  for (const [index, entry] of (isList ? value : [value]).entries()) {
    const parsed = parseNetwork(typeof entry === 'string' ? entry : '')
    if (!(parsed instanceof Refusal)) networks.push(parsed)
    else ctx.addIssue({ code: 'custom', path: isList ? [index] : [], message: parsed.text })
  }
  if (isList && value.length === 0) say(ctx, [], 'is an empty list; allowed: at least one address or network')
  return networks
}

function parseListen(value: unknown, ctx: z.RefinementCtx): Endpoint {
  const parsed = parseEndpoint(typeof value === 'string' ? value : '')
  if (!(parsed instanceof Refusal)) return parsed
  ctx.addIssue({ code: 'custom', message: parsed.text })
  return z.NEVER
}

function checkDatabaseUrl(url: string, ctx: z.RefinementCtx): void {
  const problem = /^postgres(ql)?:/.test(url) ? postgresProblem(url) : sqliteProblem(url)
  if (problem !== null) say(ctx, [], problem)
}

function sqliteProblem(url: string): string | null {
  if (!url.startsWith('sqlite:')) {
    return 'is of an unknown kind; allowed: "sqlite:FILE" or "postgres://USER:PASSWORD@HOST/DATABASE"'
  }
  const file = url.slice('sqlite:'.length)
  if (file === '' || file === ':memory:' || /^\/\/(?!\/)/.test(file)) {
    return 'does not name a file; allowed: "sqlite:FILE", such as "sqlite:/var/lib/sallyport/sallyport.db"'
  }
  return null
}

function postgresProblem(url: string): string | null {
  const parsed = URL.parse(url)
  if (!/^\w+:\/\//.test(url) || parsed === null) {
    return 'cannot be read (not shown: it may hold a password); allowed: "postgres://USER:PASSWORD@HOST/DATABASE", with / ? # @ % in the password written as %2F %3F %23 %40 %25'
  }
  // Such a password ends the host part early, and its rest would be taken for a database name, and shown.
  if (parsed.hash !== '' || /[@]/.test(parsed.pathname + parsed.search)) {
    return 'has "/", "?" or "#" in its password (not shown); write them as %2F, %3F and %23'
  }
  if (parsed.pathname.length < 2)
    return 'names no database; allowed: "postgres://USER:PASSWORD@HOST/DATABASE"'
  return null
}

function checkClient(found: ClientSettings, ctx: z.RefinementCtx): void {
  if (found.secret !== undefined && found.secret_file !== undefined) {
    say(ctx, [], 'has both secret and secret_file; keep one of them')
  }
  if (found.secret === undefined && found.secret_file === undefined) {
    say(
      ctx,
      [],
      'has no secret; add secret = "…" (the one set on the device, 16 characters or more) or secret_file = "PATH"',
    )
  }
  const network = found.address.find(({ bits, prefix }) => prefix < bits)
  if (found.require_message_authenticator === 'auto' && network !== undefined) {
    const why = `what one machine of ${network.text} sends says nothing of the others; allowed: true or false, or one client for each address`
    ctx.addIssue({ code: 'custom', path: ['require_message_authenticator'], message: why })
  }
}

function checkRadius(found: z.output<typeof radius>, ctx: z.RefinementCtx): void {
  if (found.duplicate_window <= found.reject_delay) {
    const why = `must be longer than radius.reject_delay (${found.reject_delay}), or a request sent again during the delay is decided twice`
    ctx.addIssue({
      code: 'custom',
      path: ['duplicate_window'],
      message: why,
      params: { default: found.duplicate_window },
    })
  }
  const listens = found.listen.map(({ host, port }) => (port === 0 ? null : `${host} ${port}`))
  for (const [index, first] of repeated(listens)) {
    say(ctx, ['listen', index], `is the same as radius.listen[${first}]; remove one of them`)
  }
  for (const [index, first] of repeated(found.clients.map(({ name }) => name))) {
    say(
      ctx,
      ['clients', index, 'name'],
      `is also the name of radius.clients[${first}]; give each client its own`,
    )
  }
  const networks = found.clients.flatMap(({ address }, owner) => address.map(({ text }) => ({ text, owner })))
  for (const [index, first] of repeated(networks.map(({ text }) => text))) {
    const { text, owner } = networks[index]!
    const other = networks[first]!.owner
    const holder =
      other === owner
        ? 'has it twice'
        : `is that of radius.clients[${other}] ("${found.clients[other]!.name}") too`
    say(ctx, ['clients', owner, 'address'], `${text} ${holder}; remove one of them`)
  }
}

function checkTokens(found: z.output<typeof tokens>, ctx: z.RefinementCtx): void {
  for (const kind of ['', 'totp_'] as const) {
    if (found[`${kind}sync_window`] >= found[`${kind}window`]) continue
    const why = `must be at least tokens.${kind}window (${found[`${kind}window`]})`
    const key = `${kind}sync_window` as const
    ctx.addIssue({ code: 'custom', path: [key], message: why, params: { default: found[key] } })
  }
}

/** Each index whose value stood before, with the index where it first stood; null is never the same as another. */
function repeated(values: readonly (string | null)[]): [index: number, first: number][] {
  const firsts = new Map<string, number>()
  return values.flatMap((value, index): [number, number][] => {
    const first = value === null ? undefined : firsts.get(value)
    if (first !== undefined) return [[index, first]]
    if (value !== null) firsts.set(value, index)
    return []
  })
}
