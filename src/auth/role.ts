/** What an operator may do, in three steps; each may do what those below it may. */

export const ROLES = ['viewer', 'helpdesk', 'admin'] as const
export type Role = (typeof ROLES)[number]

export function isAtLeast(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}
