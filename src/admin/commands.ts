/** The table: every command, and with that the API, the CLI, the console and the OpenAPI document. */
import { adminCommands } from './admin_commands.ts'
import { auditCommands } from './audit_commands.ts'
import { clientCommands } from './client_commands.ts'
import { closest } from './closest.ts'
import type { Command } from './command.ts'
import { CommandError } from './command_error.ts'
import { loginCommands } from './login_commands.ts'
import { registrationCommands } from './registration_commands.ts'
import { serverCommands } from './server_commands.ts'
import { sessionCommands } from './session_commands.ts'
import { tokenCommands } from './token_commands.ts'
import { userCommands } from './user_commands.ts'
import { userSetPassword } from './user_set_password.ts'

export const commands: readonly Command[] = [
  ...tokenCommands,
  ...userCommands,
  userSetPassword,
  ...loginCommands,
  ...sessionCommands,
  ...auditCommands,
  ...clientCommands,
  ...adminCommands,
  ...registrationCommands,
  ...serverCommands,
]

export function nameOf({ noun, verb }: Pick<Command, 'noun' | 'verb'>): string {
  return `${noun} ${verb}`
}

/** Throws CommandError('not-found') that names the nearest. */
export function findCommand(table: readonly Command[], noun: string, verb: string): Command {
  const found = table.find((candidate) => candidate.noun === noun && candidate.verb === verb)
  if (found !== undefined) return found
  const nearest = closest(`${noun} ${verb}`, table.map(nameOf))
  const verbs = table.filter((candidate) => candidate.noun === noun).map((candidate) => candidate.verb)
  const hint =
    verbs.length > 0 ? `${noun}: ${verbs.join(', ')}` : 'see `sallyport --help` or GET /v1/openapi.json'
  throw new CommandError(
    'not-found',
    'there is no such command',
    nearest === null ? hint : `did you mean ${nearest}?`,
  )
}
