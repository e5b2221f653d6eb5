/** `token enroll`: a new token, with a secret that is generated or given, and shown this once. */
import { z } from 'zod'
import { type AccountKey, keyOf, type Token, userKey } from '../auth/account.ts'
import type { Action } from '../auth/action.ts'
import { sealPin } from '../auth/pin.ts'
import { encodeBase32, otpauthUri } from '../tokens/otpauth_uri.ts'
import { tokenType } from '../tokens/registry.ts'
import type { TokenType } from '../tokens/token_type.ts'
import { type Context, command } from './command.ts'
import { CommandError } from './command_error.ts'
import { enrollInput, givenSecret, ownFields } from './enroll_input.ts'
import { checkWindows } from './settings.ts'
import { operation } from './token_change.ts'
import { tokenSchema, tokenView } from './token_view.ts'

export const enrollCommand = command({
  noun: 'token',
  verb: 'enroll',
  summary: 'make a new token, and show its secret once',
  role: 'admin',
  input: enrollInput,
  output: z.strictObject({
    token: tokenSchema,
    otpauthUri: z.string().nullable().describe('for authenticator apps'),
    secret: z.string().nullable().describe('base32'),
  }),
  positional: ['type', 'user'],
  prompt: { field: 'pin', label: 'PIN for the new token (empty: none)', confirm: true, empty: 'omit' },
  example: 'totp alice',
  run: async (input, context) => {
    const draft = await draftToken(input, context)
    const token = await enrollOnce(draft, context)
    const secret = tokenType(token.kind).secret(token.state)
    return {
      token: tokenView(token),
      otpauthUri: secret === null ? null : uriOf(token, secret),
      secret: secret === null ? null : encodeBase32(secret),
    }
  },
})

/** The new token; its account must not have one of that serial. */
export function enroll(draft: Token, by: Pick<Context, 'actor' | 'source'>): Action<Token> {
  return (account, now) => {
    if (account.tokens.some(({ serial }) => serial === draft.serial)) throw serialTaken(draft.serial)
    const token = { ...draft, createdAt: now }
    const { user, serial, kind, pending } = token
    const pin = token.pin === null ? 'no PIN' : 'PIN set'
    const entry = operation(by, {
      at: now,
      user,
      serials: [serial],
      action: 'token enroll',
      reason: null,
      detail: [kind, pin, ...(pending ? ['waits for its first OTP'] : [])].join(', '),
    })
    return { result: token, tokens: [...account.tokens, token], audit: [entry] }
  }
}

/** Two enrolments of one serial for different owners meet in the database only; the loser is told why it lost. */
async function enrollOnce(draft: Token, context: Context): Promise<Token> {
  const { serial } = draft
  if ((await context.store.locate(serial)) !== null) throw serialTaken(serial)
  try {
    return await context.transact(keyOf(draft), enroll(draft, context))
  } catch (error) {
    const lost = error instanceof CommandError && error.code === 'conflict'
    throw lost && (await context.store.locate(serial)) !== null ? serialTaken(serial) : error
  }
}

function serialTaken(serial: string): CommandError {
  return new CommandError(
    'conflict',
    `there is a token ${serial} already`,
    `see \`sallyport token show ${serial}\``,
  )
}

async function draftToken(input: z.infer<typeof enrollInput>, context: Context): Promise<Token> {
  const { tokenDefaults, policy, entropy } = context
  const type = tokenType(input.type)
  const own = ownFields(type, input)
  const secret = givenSecret(input)
  const state = type.enroll(typeInput(type, { digits: tokenDefaults.digits, ...own }, secret), entropy(64))
  const windows = tokenDefaults.windows[type.kind] ?? type.defaults
  const token = newToken({
    serial: input.serial ?? (await freeSerial(type.kind.toUpperCase(), context)),
    kind: type.kind,
    state,
    user: input.user === undefined ? null : await knownSpelling(input.user, context),
    description: input.description ?? null,
    pin: sealPin(policy.pinKey, input.pin ?? '', entropy(16)),
    window: input.window ?? windows.window,
    syncWindow: input.syncWindow ?? Math.max(windows.syncWindow, input.window ?? 0),
    maxFail: input.maxFail ?? tokenDefaults.maxFail,
    active: input.pending !== true,
    pending: input.pending === true,
    counter: typeof own.counter === 'number' ? own.counter : 0,
  })
  checkWindows(token)
  return token
}

function typeInput(type: TokenType, fields: Record<string, unknown>, secret: Uint8Array | undefined) {
  return { ...(type.enrollment.parse(fields) as object), secret }
}

type Chosen = Pick<
  Token,
  | 'serial'
  | 'kind'
  | 'state'
  | 'user'
  | 'description'
  | 'pin'
  | 'window'
  | 'syncWindow'
  | 'maxFail'
  | 'counter'
> &
  Partial<Pick<Token, 'changePin' | 'active' | 'pending'>>

/** `chosen` with everything that a token begins with; `createdAt` is set by the action that stores it. */
export function newToken(chosen: Chosen): Token {
  return {
    id: 0,
    active: true,
    pending: false,
    changePin: false,
    maxAttempts: null,
    maxSuccesses: null,
    validFrom: null,
    validUntil: null,
    createdAt: 0,
    version: 0,
    drift: 0,
    failCount: 0,
    attemptCount: 0,
    successCount: 0,
    lastUsedAt: null,
    lockedAt: null,
    pendingResync: null,
    auditHead: 0,
    ...chosen,
  }
}

/** A serial that no token has: the prefix and eight hexadecimal digits. */
export async function freeSerial(
  prefix: string,
  { entropy, store }: Pick<Context, 'entropy' | 'store'>,
): Promise<string> {
  for (let attempt = 0; attempt < SERIAL_ATTEMPTS; attempt++) {
    const digits = Array.from(entropy(4), (octet) => octet.toString(16).padStart(2, '0')).join('')
    const serial = `${prefix}${digits.toUpperCase()}`
    if ((await store.locate(serial)) === null) return serial
  }
  throw new CommandError('conflict', 'no free serial number was found', 'give one with `serial`')
}

const SERIAL_ATTEMPTS = 8

/** The name as the account spells it that has it already; else as it is given. */
export async function knownSpelling(user: string, { store }: Pick<Context, 'store'>): Promise<string> {
  const key: AccountKey = userKey(user)
  const account = (await store.load([key])).get(key)
  return account?.tokens[0]?.user ?? user
}

function uriOf(token: Token, secret: Uint8Array): string {
  const { kind, counter, user, serial } = token
  const settings = tokenType(kind).settings(token.state)
  return otpauthUri({ kind: kind as 'hotp' | 'totp', settings, secret, counter, label: user ?? serial })
}
