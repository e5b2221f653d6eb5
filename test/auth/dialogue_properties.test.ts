import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Token } from '../../src/auth/account.ts'
import type { Ticket } from '../../src/auth/ticket.ts'
import type { Verdict } from '../../src/auth/verdict.ts'
import { makeToken, otpAt } from './make_token.ts'
import { Dialogue } from './play_dialogue.ts'

// What must hold of tickets after any sequence of logins, answers and operations.
const limits = { digits: 8, maxFail: 6, window: 4, syncWindow: 30 } as const
const TOKENS: readonly Token[] = [
  makeToken({ serial: 'A', pin: '1234', ...limits }),
  makeToken({ serial: 'B', pin: '1234', ...limits, changePin: true }),
  makeToken({ serial: 'C', pin: '5678', ...limits, changePin: true, maxFail: 0 }),
]
const REACH = 25
const CODES = TOKENS.flatMap((token) => Array.from({ length: REACH }, (_, m) => otpAt(token, m)))
/** The code after the one that was typed last. */
const NEXT = 'next'
const PINS = ['1234', '5678', 'rose', 'lily']

type Step =
  | { readonly kind: 'begin'; readonly pin: number; readonly code: number | null }
  /** `ticket`: counted from the newest. */
  | { readonly kind: 'answer'; readonly ticket: number; readonly password: string }
  | { readonly kind: 'change'; readonly serial: number; readonly fields: Partial<Token> }
  | { readonly kind: 'wait'; readonly seconds: number }

// Low counters of one token, so that windows are hit.
const code = fc.tuple(fc.nat(2), fc.oneof(fc.nat(4), fc.nat(REACH - 1))).map(([t, m]) => t * REACH + m)
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('begin' as const),
        pin: fc.nat(PINS.length - 1),
        code: fc.option(code),
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('answer' as const),
        ticket: fc.oneof(fc.constant(0), fc.nat(6)),
        password: fc.oneof(
          code.map((index) => CODES[index]!),
          fc.constantFrom(...PINS, NEXT),
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('change' as const),
        serial: fc.nat(TOKENS.length - 1),
        fields: fc.constantFrom<Partial<Token>>(
          { active: false },
          { active: true },
          { failCount: 0, lockedAt: null },
          { changePin: true },
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(1, 50, 130) }),
    },
  ),
  { minLength: 1, maxLength: 60 },
)

interface Seen {
  readonly answered: Ticket | null
  readonly password: string
  readonly result: Verdict
  readonly before: readonly Token[]
  readonly after: readonly Token[]
}

function play(sequence: readonly Step[]): Seen[] {
  const dialogue = new Dialogue(TOKENS)
  const tickets: Ticket[] = []
  const seen: Seen[] = []
  let next = CODES[0]!
  for (const step of sequence) {
    if (step.kind === 'wait') dialogue.now += step.seconds * 1000
    else if (step.kind === 'change') dialogue.change(TOKENS[step.serial]!.serial, step.fields)
    else {
      const before = dialogue.account.tokens
      const answered = step.kind === 'answer' ? (tickets.at(-1 - step.ticket) ?? null) : null
      const password =
        step.kind === 'answer'
          ? step.password.replace(NEXT, next)
          : `${PINS[step.pin]}${step.code === null ? '' : CODES[step.code]}`
      const typed = CODES.indexOf(password.slice(-8))
      if (typed >= 0) next = CODES[typed + 1] ?? CODES[0]!
      if (step.kind === 'answer') dialogue.answer(answered, password)
      else dialogue.say(password)
      const { result, tokens } = dialogue.outcome
      if (result.kind === 'challenge') tickets.push(result.ticket)
      seen.push({ answered, password, result, before, after: tokens })
    }
  }
  return seen
}

function always(name: string, rule: (seen: readonly Seen[]) => void): void {
  test(name, () => {
    fc.assert(
      fc.property(steps, (sequence) => rule(play(sequence))),
      { numRuns: 400 },
    )
  })
}

/** An OTP was right: the login is accepted, or only a new PIN is missing. */
const isSuccess = ({ result }: Seen) =>
  (result.kind === 'accept' && result.reason !== 'pin-changed') ||
  (result.kind === 'challenge' && result.reason === 'new-pin-asked')

describe('after any sequence of logins, answers and operations', () => {
  always('a ticket was good for one success', (seen) => {
    const used = seen.filter((one) => isSuccess(one) || one.result.reason === 'pin-changed')
    const tickets = used.flatMap(({ answered }) => answered ?? [])
    expect(new Set(tickets).size).toBe(tickets.length)
  })

  always('no OTP was good for two', (seen) => {
    const otps = seen.filter(isSuccess).map(({ password }) => password.slice(-8))
    expect(new Set(otps).size).toBe(otps.length)
  })

  always('no counter fell, and each success raised one', (seen) => {
    for (const one of seen) {
      const risen = one.before.filter((token, i) => one.after[i]!.counter > token.counter)
      expect(one.before.every((token, i) => one.after[i]!.counter >= token.counter)).toBe(true)
      expect(risen.map(({ serial }) => serial)).toEqual(
        isSuccess(one) ? risen.map(({ serial }) => serial) : [],
      )
      expect(risen.length > 0).toBe(isSuccess(one))
    }
  })

  always('a PIN changed by the second answer alone, and that was a login by an OTP', (seen) => {
    for (const { before, after, result } of seen) {
      const changed = before.filter((token, i) => after[i]!.pin !== token.pin).map(({ serial }) => serial)
      expect(changed).toEqual(
        result.kind === 'accept' && result.reason === 'pin-changed' ? result.serials : [],
      )
    }
    const count = (reason: string) => seen.filter(({ result }) => result.reason === reason).length
    expect(count('pin-changed')).toBeLessThanOrEqual(count('new-pin-asked'))
  })

  always('asking, and an answer that is worth nothing, changed nothing', (seen) => {
    const idle = ['otp-asked', 'new-pin-refused', 'new-pin-repeat-asked', 'new-pins-differ']
    const worthless = ['unknown-state', 'state-expired', 'state-used']
    for (const { before, after, result } of seen) {
      if ([...idle, ...worthless].includes(result.reason)) expect(after).toBe(before)
    }
  })

  test('every kind of answer was among them', () => {
    const reasons = new Set<string>()
    fc.assert(
      fc.property(steps, (sequence) => {
        for (const { result } of play(sequence)) reasons.add(result.reason)
      }),
      { numRuns: 1500, seed: 1 },
    )
    const wanted = ['otp-asked', 'next-otp-asked', 'new-pin-asked', 'new-pin-refused', 'new-pin-repeat-asked']
    wanted.push(
      'new-pins-differ',
      'pin-changed',
      'resynced',
      'otp-accepted',
      'unknown-state',
      'state-expired',
    )
    wanted.push('state-used', 'token-locked', 'wrong-otp', 'wrong-pin', 'otp-already-used')
    expect(wanted.filter((reason) => !reasons.has(reason))).toEqual([])
  })
})
