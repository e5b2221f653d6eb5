/**
 * The note in a login's row of the audit trail: what happened beyond the reason, where there is more to say. A plain,
 * signed PAP login whose code was the expected one has none. It is one line of words for `login explain` to read back;
 * never a PIN, an OTP or a password, nor anything that they could be told from.
 */
import type { Credential, ProofProtocol } from '../tokens/credential.ts'
import type { Instant } from '../tokens/token_type.ts'
import { type Token, typeOf } from './account.ts'
import type { Stage } from './ticket.ts'
import type { RejectReason } from './verdict.ts'

/** Lists are in the order of the row's serials. */
export interface Note {
  readonly protocol?: ProofProtocol | undefined
  /** Of EAP, such as `eap-ttls-pap`. */
  readonly method?: string | undefined
  /** The request had no Message-Authenticator. */
  readonly unsigned?: boolean | undefined
  /** PINs were not looked at. */
  readonly otpOnly?: boolean | undefined
  /** It answered a challenge for this. */
  readonly answers?: Stage | undefined
  /** How old the challenge was, if too old. */
  readonly ageSeconds?: number | undefined
  /** Accepted codes: how far from the expected one, positive for ahead. */
  readonly distance?: readonly (number | null)[] | undefined
  /** Codes outside of the window: the same. */
  readonly outOfSync?: readonly (number | null)[] | undefined
  /** Codes that were used or passed over: how many before the next one that may be accepted. */
  readonly passed?: readonly (number | null)[] | undefined
  /** Autosync is off, so that the code was not remembered. */
  readonly autosyncOff?: boolean | undefined
  /** Of so many enabled tokens, the row names those whose PIN was right. */
  readonly enabled?: number | undefined
  readonly typed?: 'too-short' | 'otp-alone' | undefined
  /** After it: failures in a row, and how many lock the token (0 = none do). */
  readonly failures?: readonly (readonly [number, number])[] | undefined
  /** Why each could not be used, where that differs. */
  readonly obstacles?: readonly RejectReason[] | undefined
}

interface Judged {
  readonly credential?: Credential
  readonly unsigned?: boolean | undefined
  readonly method?: string | undefined
}

/** What the row holds; null where there is nothing to say. */
export function noteOf({ credential, unsigned, method }: Judged, note: Note | undefined): string | null {
  const protocol = credential?.kind === 'proof' ? credential.protocol : undefined
  if (note === undefined && protocol === undefined && method === undefined && unsigned !== true) return null
  return writeNote({ ...note, protocol, method, unsigned })
}

const numbers = (list: readonly (number | null)[]) => list.map((each) => each ?? '-').join(',')
const isFlag = (value: string) => value === ''
const isNumber = (value: string) => /^\d{1,15}$/.test(value)
const isNumbers = (value: string) => /^(-|-?\d{1,16})(,(-|-?\d{1,16}))*$/.test(value)
const isFailures = (value: string) => /^\d{1,9}\/\d{1,9}(,\d{1,9}\/\d{1,9})*$/.test(value)
const isWords = (value: string) => /^[a-z0-9-]+(,[a-z0-9-]+)*$/.test(value)
const readNumbers = (value: string) => value.split(',').map((each) => (each === '-' ? null : Number(each)))

interface Word<K extends keyof Note> {
  readonly word: string
  readonly write: (value: NonNullable<Note[K]>) => string
  readonly fits: (value: string) => boolean
  readonly read: (value: string) => unknown
}

const flag = (word: string) => ({ word, write: () => '', fits: isFlag, read: () => true })
const choice = (word: string, choices: readonly string[]) => {
  return { word, write: String, fits: (value: string) => choices.includes(value), read: String }
}
const list = (word: string) => ({ word, write: numbers, fits: isNumbers, read: readNumbers })
const count = (word: string) => ({ word, write: String, fits: isNumber, read: Number })

/** `word` or `word=value`, in this order. */
const WORDS: { readonly [K in keyof Required<Note>]: Word<K> } = {
  protocol: choice('protocol', ['chap', 'mschap', 'mschapv2']),
  method: { word: 'method', write: String, fits: (value) => /^[a-z0-9-]{1,32}$/.test(value), read: String },
  unsigned: flag('unsigned'),
  otpOnly: flag('otp-only'),
  answers: choice('answers', ['otp', 'new-pin', 'repeat-pin']),
  ageSeconds: count('age'),
  distance: list('distance'),
  outOfSync: list('sync'),
  passed: list('used'),
  autosyncOff: flag('autosync-off'),
  enabled: count('enabled'),
  typed: choice('typed', ['too-short', 'otp-alone']),
  failures: {
    word: 'failures',
    write: (failures) => failures.map((pair) => pair.join('/')).join(','),
    fits: isFailures,
    read: (value) => value.split(',').map((pair) => pair.split('/').map(Number)),
  },
  obstacles: {
    word: 'obstacles',
    write: (obstacles) => obstacles.join(','),
    fits: isWords,
    read: (value) => value.split(','),
  },
}

const BY_WORD = new Map(
  Object.entries(WORDS).map(([name, { word, fits, read }]) => [word, { name, fits, read }]),
)

export function writeNote(note: Note): string | null {
  const words: string[] = []
  for (const [name, { word, write }] of Object.entries(WORDS)) {
    const value = note[name as keyof Note]
    if (value === undefined || value === false) continue
    const written = (write as (value: unknown) => string)(value)
    words.push(written === '' ? word : `${word}=${written}`)
  }
  return words.length === 0 ? null : words.join(' ')
}

/** Words that are unknown, or not what we write, are passed over: another version may have written them. */
export function readNote(detail: string | null): Note {
  const note: Record<string, unknown> = {}
  for (const part of detail?.split(' ') ?? []) {
    const at = part.indexOf('=')
    const word = BY_WORD.get(at < 0 ? part : part.slice(0, at))
    const value = at < 0 ? '' : part.slice(at + 1)
    if (word?.fits(value)) note[word.name] = word.read(value)
  }
  return note
}

interface Found {
  readonly token: Token
  readonly movingFactor: number
}

/** Of accepted codes; undefined if all were the expected ones. `token`: as it was before. */
export function noteOfDistance(found: readonly Found[], now: Instant): Note | undefined {
  for (const one of found) {
    if (distanceOf(one.token, one.movingFactor, now) !== 0) {
      return { distance: found.map(({ token, movingFactor }) => distanceOf(token, movingFactor, now)) }
    }
  }
  return undefined
}

export function distanceOf(token: Token, movingFactor: number, now: Instant): number {
  return movingFactor - typeOf(token).expected(token.state, token, now)
}

/** How a password fell short of holding a PIN and an OTP. */
export function typedShort(credential: Credential, enabled: readonly Token[]): Note['typed'] {
  if (credential.kind === 'proof') return undefined
  const { length } = credential.password
  const digits = enabled.map((token) => typeOf(token).settings(token.state).digits)
  if (digits.every((each) => length < each)) return 'too-short'
  return digits.some((each) => length === each) ? 'otp-alone' : undefined
}

export function failuresOf(tokens: readonly Token[]): Note['failures'] {
  return tokens.map(({ failCount, maxFail }) => [failCount, maxFail])
}

/** Of so many enabled tokens, `named` ones had the right PIN; undefined if all did. */
export function enabledBeside(named: number, enabled: number): number | undefined {
  return named === enabled ? undefined : enabled
}

/** The note of a verdict that names other serials than the one it came of: its lists follow. */
export function realigned(
  note: Note | undefined,
  before: readonly string[],
  after: readonly string[],
): Note | undefined {
  if (note === undefined) return undefined
  const pick = <T>(list: readonly T[] | undefined) =>
    list === undefined ? undefined : after.map((serial) => list[before.indexOf(serial)] as T)
  const { distance, outOfSync, passed, failures } = note
  return {
    ...note,
    distance: pick(distance),
    outOfSync: pick(outOfSync),
    passed: pick(passed),
    failures: pick(failures),
  }
}
