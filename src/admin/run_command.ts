/** One command, from the body that came in to the object that goes out. */
import { BadCursor, StoreUnavailable } from '../storage/store.ts'
import type { Command, Context } from './command.ts'
import { CommandError } from './command_error.ts'
import { requireOwn, requireRole } from './role_check.ts'
import { validate } from './validate.ts'

/** Throws CommandError for whatever the operator can do something about; anything else is our fault. */
export async function runCommand(command: Command, body: unknown, context: Context): Promise<unknown> {
  requireRole(command, context)
  const input = validate(command, body)
  requireOwn(input, context)
  try {
    return await command.run(input, context)
  } catch (error) {
    throw asCommandError(error)
  }
}

function asCommandError(error: unknown): unknown {
  if (error instanceof BadCursor) {
    return new CommandError(
      'invalid',
      'cursor is not one that this list has given',
      'start again without cursor',
    )
  }
  if (error instanceof StoreUnavailable) {
    return new CommandError(
      'unavailable',
      'the database does not answer',
      'see `sallyport server status` and the log',
    )
  }
  return error
}
