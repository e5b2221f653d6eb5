/** What the audit trail is searched by: as the address has it, which is how the command takes it. Knows no component. */
import type { Input } from '../api/client.ts'
import { COMMAND_ROLES } from '../api/commands.gen.ts'

export const FIELDS = ['user', 'serial', 'action', 'outcome', 'from', 'to'] as const
export type AuditField = (typeof FIELDS)[number]
/** Empty texts: not searched by. */
export type AuditFilter = Readonly<Record<AuditField, string>>

/** Logins, and what changes something. */
export const ACTIONS: readonly string[] = [
  ...['login', 'admin login', 'user login'],
  ...Object.entries(COMMAND_ROLES).flatMap(([name, role]) => (role === 'viewer' ? [] : [name])),
]

export function filterOf(params: URLSearchParams): AuditFilter {
  const { user = '', serial = '', action = '', outcome = '', from = '', to = '' } = Object.fromEntries(params)
  return { user, serial, action, outcome, from, to }
}

/** What is no outcome and no time, the server refuses in words. */
export function inputOf(filter: AuditFilter): Input<'audit list'> {
  const set = FIELDS.map((field) => [field, filter[field].trim()] as const).filter(([, text]) => text !== '')
  return Object.fromEntries(set)
}
