/** The rules of the configuration that are more than a type and its bounds: addresses, URLs, and what must fit together. */
import { z } from 'zod'
import { type Endpoint, type Network, parseEndpoint, parseNetwork, Refusal } from '../network.ts'

interface Client {
  readonly name: string
  readonly address?: readonly Network[] | undefined
  readonly tls?: unknown
  readonly secret?: string | undefined
  readonly secret_file?: string | undefined
  readonly require_message_authenticator: boolean | 'auto'
  readonly challenge: boolean
  readonly otp_only: boolean
  readonly vlan?: number | string | undefined
  readonly vlan_tag?: number | undefined
  readonly disconnect?: string | undefined
  readonly disconnect_port?: number | undefined
}

interface Radius {
  readonly listen: readonly Endpoint[]
  readonly reject_delay: number
  readonly duplicate_window: number
  readonly clients: readonly Client[]
  readonly groups: readonly { readonly name: string }[]
}

interface Whole {
  readonly radius: { readonly listen: readonly Endpoint[] }
  readonly accounting: { readonly listen?: readonly Endpoint[] | undefined }
  readonly server: { readonly workers: number }
  readonly database: { readonly url?: string | undefined }
}

type Tokens = Readonly<Record<'window' | 'sync_window' | 'totp_window' | 'totp_sync_window', number>>

export function parseNetworks(value: unknown, ctx: z.RefinementCtx): readonly Network[] {
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

export function parseListen(value: unknown, ctx: z.RefinementCtx): Endpoint {
  const parsed = parseEndpoint(typeof value === 'string' ? value : '')
  if (!(parsed instanceof Refusal)) return parsed
  ctx.addIssue({ code: 'custom', message: parsed.text })
  return z.NEVER
}

export function checkEndpoint(text: string, ctx: z.RefinementCtx): void {
  const parsed = parseEndpoint(text)
  if (parsed instanceof Refusal) ctx.addIssue({ code: 'custom', message: parsed.text })
}

export function checkDatabaseUrl(url: string, ctx: z.RefinementCtx): void {
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

export function checkClient(found: Client, ctx: z.RefinementCtx): void {
  checkVlan(found, ctx)
  if (found.secret !== undefined && found.secret_file !== undefined) {
    say(ctx, [], 'has both secret and secret_file; keep one of them')
  }
  const isUdp = found.secret !== undefined || found.secret_file !== undefined || found.tls === undefined
  if (isUdp && found.address === undefined)
    ctx.addIssue({ code: 'custom', path: ['address'], message: (parseNetwork('') as Refusal).text })
  if (found.secret === undefined && found.secret_file === undefined && found.tls === undefined) {
    say(
      ctx,
      [],
      'has no secret; add secret = "…" (the one set on the device, 16 characters or more) or secret_file = "PATH"',
    )
  }
  if (found.challenge && found.otp_only) {
    const why =
      'has both challenge and otp_only; keep the one that says who checks the first factor: this server, or another'
    say(ctx, [], why)
  }
  if (found.disconnect !== undefined && found.disconnect_port !== undefined) {
    say(ctx, [], 'has both disconnect and disconnect_port; keep one of them')
  }
  const network = found.address?.find(({ bits, prefix }) => prefix < bits)
  if (found.require_message_authenticator === 'auto' && network !== undefined) {
    const why = `what one machine of ${network.text} sends says nothing of the others; allowed: true or false, or one client for each address`
    ctx.addIssue({ code: 'custom', path: ['require_message_authenticator'], message: why })
  }
}

export function checkVlan({ vlan, vlan_tag }: Pick<Client, 'vlan' | 'vlan_tag'>, ctx: z.RefinementCtx): void {
  if (vlan === undefined && vlan_tag !== undefined)
    say(ctx, ['vlan_tag'], 'stands without vlan; add vlan = NUMBER')
}

export function checkRadius(found: Radius, ctx: z.RefinementCtx): void {
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
  for (const [index, first] of repeated(found.groups.map(({ name }) => name.toLowerCase()))) {
    say(
      ctx,
      ['groups', index, 'name'],
      `is also the name of radius.groups[${first}]; give each group its own`,
    )
  }
  // Over TLS alone an address is not what tells clients apart.
  const networks = found.clients.flatMap(({ address = [], secret, secret_file }, owner) =>
    secret === undefined && secret_file === undefined ? [] : address.map(({ text }) => ({ text, owner })),
  )
  for (const [index, first] of repeated(networks.map(({ text }) => text))) {
    const { text, owner } = networks[index]!
    const other = networks[first]!.owner
    const where =
      other === owner ? 'twice' : `like radius.clients[${other}] ("${found.clients[other]!.name}")`
    say(ctx, ['clients', owner, 'address'], `names ${text} ${where}; remove one of them`)
  }
}

export function checkTokens(found: Tokens, ctx: z.RefinementCtx): void {
  for (const kind of ['', 'totp_'] as const) {
    if (found[`${kind}sync_window`] >= found[`${kind}window`]) continue
    const why = `must be at least tokens.${kind}window (${found[`${kind}window`]})`
    const key = `${kind}sync_window` as const
    ctx.addIssue({ code: 'custom', path: [key], message: why, params: { default: found[key] } })
  }
}

export function checkWorkers({ server, database }: Whole, ctx: z.RefinementCtx): void {
  if (server.workers === 1 || /^postgres(ql)?:/.test(database.url ?? '')) return
  const why = 'one process owns the file of SQLite; allowed: 1, or any number with PostgreSQL in database.url'
  ctx.addIssue({ code: 'custom', path: ['server', 'workers'], message: why })
}

export function checkAccounting({ radius, accounting: { listen = [] } }: Whole, ctx: z.RefinementCtx): void {
  const all = [...radius.listen, ...listen].map(({ host, port }) => (port === 0 ? null : `${host} ${port}`))
  for (const [index, first] of repeated(all)) {
    const own = index - radius.listen.length
    // What radius.listen has twice is told there.
    if (own < 0) continue
    const before = first - radius.listen.length
    const other = before < 0 ? `radius.listen[${first}]` : `accounting.listen[${before}]`
    say(ctx, ['accounting', 'listen', own], `is the same as ${other}; accounting has a port of its own`)
  }
}

/** An issue whose message is the rest of a sentence after the key, instead of what follows "KEY is FOUND; ". */
function say(ctx: z.RefinementCtx, path: PropertyKey[], predicate: string): void {
  ctx.addIssue({ code: 'custom', path, message: predicate, params: { isPredicate: true } })
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
