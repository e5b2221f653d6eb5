/** A refusal of the console itself, in the form that commands have for theirs. */

export class HttpRefusal extends Error {
  readonly status: number
  readonly body: object
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: string,
    message: string,
    hint = '',
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.name = 'HttpRefusal'
    this.status = status
    this.body = { error: { code, message, hint } }
    this.headers = headers
  }
}
