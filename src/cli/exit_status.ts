/** What the process tells its caller, and the errors that lead there (spec/commands.md, "CLI"). */

export const ExitStatus = { done: 0, refused: 1, usage: 2, noServer: 3, interrupted: 130 } as const
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus]

/** Ends the command: the message and the hint go to standard error. */
export class CliError extends Error {
  readonly status: ExitStatus
  /** '' if there is none. */
  readonly hint: string

  constructor(status: ExitStatus, message: string, hint = '') {
    super(message)
    this.name = 'CliError'
    this.status = status
    this.hint = hint
  }
}

export function usageError(message: string, hint = ''): CliError {
  return new CliError(ExitStatus.usage, message, hint)
}
