/** How commands are answered over HTTP, on a socket and in the console alike: JSON in, JSON out, errors in one form. */
import type { FastifyError } from 'fastify'
import { CommandError, type CommandErrorCode } from '../admin/command_error.ts'

/** Throws CommandError. */
export function parseBody(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON.parse's own message: it quotes the text, which may hold a PIN.
    throw new CommandError(
      'invalid',
      'the body is not JSON',
      'send an object such as {"serial":"HOTP1234ABCD"}',
    )
  }
}

const STATUS: Readonly<Record<CommandErrorCode, number>> = {
  invalid: 400,
  denied: 403,
  'not-found': 404,
  conflict: 409,
  unavailable: 503,
}

export function answerTo(error: FastifyError): { status: number; body: object } {
  if (error instanceof CommandError) {
    const { code, message, hint } = error
    return { status: STATUS[code], body: { error: { code, message, hint } } }
  }
  // Fastify's own refusals of a malformed or too large request.
  if (error.statusCode !== undefined && error.statusCode < 500) {
    const message = error.statusCode === 413 ? 'the body is longer than 64 KiB' : 'the request is malformed'
    return { status: error.statusCode, body: { error: { code: 'invalid', message, hint: '' } } }
  }
  const message = 'the server failed; nothing more is known here'
  return { status: 500, body: { error: { code: 'internal', message, hint: 'see the log of the server' } } }
}
