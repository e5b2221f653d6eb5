/** How pages ask the server: a command of the table by POST, with the session's cookie; its refusals as errors. */
import type { Commands } from './commands.gen.ts'

export type CommandName = keyof Commands
export type Input<K extends CommandName> = Commands[K]['input']
export type Output<K extends CommandName> = Commands[K]['output']

/** What the server refused, or that it could not be reached (`status` 0). */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly hint: string

  constructor(status: number, code: string, message: string, hint: string) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.hint = hint
  }
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Asked by a clock, not by a person: it does not keep the session alive. */
  readonly isBackground?: boolean | undefined
}

/** Runs a command. Throws ApiError. */
export async function call<K extends CommandName>(
  name: K,
  input: Input<K>,
  options: CallOptions = {},
): Promise<Output<K>> {
  return await post(`/v1/${name.replace(' ', '/')}`, input, options)
}

/** Throws ApiError. */
export async function post<T>(path: string, body: object, options: CallOptions = {}): Promise<T> {
  return await request('POST', path, body, options)
}

/** Throws ApiError. */
export async function get<T>(path: string, options: CallOptions = {}): Promise<T> {
  return await request('GET', path, null, options)
}

/** A clock asks again soon; a person may ask for what takes long, such as reading the whole audit trail. */
const BACKGROUND_MS = 15_000
const LONGEST_MS = 600_000

async function request<T>(
  method: string,
  path: string,
  body: object | null,
  { signal, isBackground }: CallOptions,
): Promise<T> {
  const headers: Record<string, string> = {}
  if (body !== null) headers['content-type'] = 'application/json'
  if (isBackground === true) headers['x-background'] = '1'
  const limit = AbortSignal.timeout(isBackground === true ? BACKGROUND_MS : LONGEST_MS)
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === null ? null : JSON.stringify(body),
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      credentials: 'same-origin',
      cache: 'no-store',
    })
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw new ApiError(0, 'unreachable', 'the server does not answer', 'is it running, and the network up?')
  }
  const answer = (await response.json().catch(() => null)) as { error?: Partial<ApiError> } | null
  if (response.ok && answer !== null) return answer as T
  const {
    code = 'internal',
    message = `the server answered ${response.status}`,
    hint = '',
  } = answer?.error ?? {}
  const error = new ApiError(response.status, code, message, hint)
  if (response.status === 401 && code === 'no-session')
    onNoSession.forEach((listener) => {
      listener(path)
    })
  throw error
}

/** Told when the server knows no session any more, with the path that was asked for. */
export const onNoSession = new Set<(path: string) => void>()
