/** An operator's mistake, or a refusal that he can do something about. */
export const COMMAND_ERRORS = ['not-found', 'conflict', 'invalid', 'denied', 'unavailable'] as const
export type CommandErrorCode = (typeof COMMAND_ERRORS)[number]

export class CommandError extends Error {
  /** Stable: scripts depend on it. */
  readonly code: CommandErrorCode
  /** The next step; '' if there is none. */
  readonly hint: string

  constructor(code: CommandErrorCode, message: string, hint = '') {
    super(message)
    this.name = 'CommandError'
    this.code = code
    this.hint = hint
  }
}
