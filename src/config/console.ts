/** What `[console]` and the sockets of `[admin]` mean, and how they are written. */
import { resolve } from 'node:path'
import { z } from 'zod'
import { type Endpoint, parseEndpoint, Refusal } from '../network.ts'
import { checkEndpoint } from './checks.ts'
import { durationMs, matching, oneOf, path, section, yesOrNo } from './rules.ts'

export interface ConsoleConfig {
  /** Null: off. */
  readonly listen: Endpoint | null
  /** Nobody has said where: a port that is taken is no reason not to start. */
  readonly isDefault: boolean
  readonly tls: boolean
  /** Null: the first start makes a certificate that signs itself. */
  readonly certificateFile: string | null
  readonly keyFile: string | null
  /** How users reach it, without a slash at the end. */
  readonly url: string | null
  readonly idleMs: number
  readonly sessionMs: number
  readonly selfService: SelfService
}

/** What users may do for themselves. */
export interface SelfService {
  readonly enroll: boolean
  readonly setPin: boolean
  readonly resync: boolean
  /** `disable`: the token is out, and that is all. `password`: a temporary password takes its place. */
  readonly lost: false | 'disable' | 'password'
  readonly password: boolean
}

/** Beside the main socket: for a group of people whose role is less. */
export interface RoleSocket {
  readonly path: string
  readonly role: AdminRole
  /** The name or number of a group of the system; null: the server's own. */
  readonly group: string | number | null
  readonly mode: number
}

const ADMIN_ROLES = ['viewer', 'helpdesk', 'admin'] as const
export type AdminRole = (typeof ADMIN_ROLES)[number]
const SERVICE =
  'allowed: false, or a table such as { enroll = true, set_pin = true, resync = true, lost = true, password = true }'

const SOCKETS = 'allowed: one [[admin.sockets]] block for each socket'

const adminRole = oneOf(ADMIN_ROLES)

function duration() {
  return matching(/^[1-9]\d{0,3}[mh]$/, 'minutes or hours, such as "15m" or "10h"')
}

const selfService = z.strictObject(
  {
    enroll: yesOrNo().default(true),
    set_pin: yesOrNo().default(true),
    resync: yesOrNo().default(true),
    lost: z.literal([true, false, 'password'], { error: 'allowed: true, false or "password"' }).default(true),
    password: yesOrNo().default(true),
  },
  { error: SERVICE },
)

export const consoleSection = section({
  listen: z
    .string({ error: 'allowed: "ADDRESS:PORT" such as "127.0.0.1:8443", or "off"' })
    .superRefine((text, ctx) => {
      if (text !== 'off') checkEndpoint(text, ctx)
    })
    .optional(),
  tls: yesOrNo().default(true),
  certificate_file: path('a file').optional(),
  key_file: path('a file').optional(),
  url: matching(
    /^https?:\/\/[^\s/?#@]+\/?$/,
    'how browsers reach it, such as "https://otp.example.org"',
  ).optional(),
  idle_timeout: duration().default('15m'),
  session_timeout: duration().default('10h'),
  self_service: z.union([z.literal(false), selfService], { error: SERVICE }).prefault({}),
})

const socket = z.strictObject(
  {
    path: path('a socket'),
    role: adminRole,
    group: z
      .union([z.string().regex(/^[^\s:,]{1,64}$/), z.int().min(0)], {
        error: 'allowed: the name or number of a group',
      })
      .optional(),
    mode: matching(/^0?[0-7]{3}$/, '"0600", "0660" or "0666"').default('0660'),
  },
  { error: SOCKETS },
)

export const adminSection = section({
  socket: path('a file').optional(),
  role: adminRole.default('admin'),
  sockets: z.array(socket, { error: SOCKETS }).max(16, { error: 'allowed: at most 16 sockets' }).default([]),
})
export const socketKeys: readonly string[] = Object.keys(socket.shape)
export const selfServiceKeys: readonly string[] = Object.keys(selfService.shape)

type ConsoleSettings = z.output<typeof consoleSection>

const DEFAULT_LISTEN = '127.0.0.1:8443'

/** What must fit together. */
export function checkConsole(
  { console: settings }: { console: ConsoleSettings },
  ctx: z.RefinementCtx,
): void {
  const say = (key: string, message: string) =>
    ctx.addIssue({ code: 'custom', path: ['console', key], message, params: { isPredicate: true } })
  const { listen, tls, certificate_file: certificate, key_file: key } = settings
  if ((certificate === undefined) !== (key === undefined)) {
    say(certificate === undefined ? 'certificate_file' : 'key_file', 'is missing: the two belong together')
  }
  if (!tls && certificate !== undefined)
    say('tls', 'is false, but there is a certificate: take one of them away')
  const endpoint = parseEndpoint(listen ?? DEFAULT_LISTEN)
  if (!tls && listen !== 'off' && !(endpoint instanceof Refusal) && !isLoopback(endpoint.host)) {
    say('tls', 'is false: without TLS the console listens on this machine alone, on 127.0.0.1 or [::1]')
  }
}

export function isLoopback(host: string): boolean {
  return host === '::1' || /^127\./.test(host)
}

export function consoleConfig(settings: ConsoleSettings, base: string): ConsoleConfig {
  const file = (name: string | undefined) => (name === undefined ? null : resolve(base, name))
  const { listen, self_service: service } = settings
  return {
    listen: listen === 'off' ? null : (parseEndpoint(listen ?? DEFAULT_LISTEN) as Endpoint),
    isDefault: listen === undefined,
    tls: settings.tls,
    certificateFile: file(settings.certificate_file),
    keyFile: file(settings.key_file),
    url: settings.url?.replace(/\/$/, '') ?? null,
    idleMs: durationMs(settings.idle_timeout),
    sessionMs: durationMs(settings.session_timeout),
    selfService: {
      enroll: service !== false && service.enroll,
      setPin: service !== false && service.set_pin,
      resync: service !== false && service.resync,
      lost:
        service === false || service.lost === false ? false : service.lost === true ? 'disable' : 'password',
      password: service !== false && service.password,
    },
  }
}

export function roleSockets(sockets: z.output<typeof socket>[], base: string): RoleSocket[] {
  return sockets.map(({ path, role, group, mode }) => ({
    path: resolve(base, path),
    role,
    group: group ?? null,
    mode: Number.parseInt(mode, 8),
  }))
}
