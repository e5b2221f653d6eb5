/** Who is logged in to the console, and what his role lets him do. */
import { createContext, useContext } from 'react'
import type { CommandName } from '../api/client.ts'
import { COMMAND_ROLES, type Role } from '../api/commands.gen.ts'

export interface Session {
  readonly user: string
  readonly role: Role
  /** Seconds without use after which it ends. */
  readonly idleSeconds: number
  readonly expiresAt: string
}

export const SessionContext = createContext<{ session: Session; logOut: () => Promise<void> } | null>(null)

/** Throws outside of SessionGate. */
export function useSession() {
  const found = useContext(SessionContext)
  if (found === null) throw new Error('a page of administrators stands outside of SessionGate')
  return found
}

/** Each may do what those before it may. */
export const ROLES: readonly Role[] = ['viewer', 'helpdesk', 'admin']

/** Whether the role lets him run it. The server decides; this keeps buttons away that would only be refused. */
export function useMay(): (name: CommandName) => boolean {
  const { session } = useSession()
  return (name) => ROLES.indexOf(session.role) >= ROLES.indexOf(COMMAND_ROLES[name])
}
