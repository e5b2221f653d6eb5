/**
 * Every reason of a login in the audit trail: at which check it was decided, what it means to the helpdesk, and what helps.
 * A new reason without words here does not compile. Knows nothing of what the row holds besides.
 */
import type { Accept, ChallengeReason, RejectReason } from '../auth/verdict.ts'

export type LoginReason = Accept['reason'] | RejectReason | ChallengeReason

/** The order of the decision. `end`: all were passed. */
export const CHECKS = ['state', 'user', 'enabled', 'pin', 'token', 'otp', 'policy', 'end'] as const
export type CheckName = (typeof CHECKS)[number]

export interface ReasonWords {
  /** The check that was not passed, or that asked back. */
  readonly decidedAt: CheckName
  readonly means: string
  readonly remedies: readonly Remedy[]
}

/** `command`: with SERIAL and USER for those of the row. */
export interface Remedy {
  readonly text: string
  readonly command: string | null
}

const say = (text: string): Remedy => ({ text, command: null })
const run = (text: string, command: string): Remedy => ({ text, command })

export const LOGIN_REASONS: Readonly<Record<LoginReason, ReasonWords>> = {
  'otp-accepted': { decidedAt: 'end', means: 'PIN and OTP were right', remedies: [] },
  resynced: {
    decidedAt: 'end',
    means: 'the second of two consecutive codes brought the token back into step',
    remedies: [],
  },
  'session-resumed': {
    decidedAt: 'end',
    means: 'the device came back on a session that an OTP had opened, and needed none',
    remedies: [],
  },
  'pin-changed': { decidedAt: 'end', means: 'the new PIN was typed twice and is in force', remedies: [] },

  'unknown-user': {
    decidedAt: 'user',
    means: 'no token belonged to this name',
    remedies: [
      run('look for the name as it is enrolled', 'sallyport user list --search USER'),
      run('or give this user a token', 'sallyport token enroll totp USER'),
    ],
  },
  'unknown-group': {
    decidedAt: 'user',
    means: 'the user is in a group that the configuration does not have any more',
    remedies: [
      say('put the group back into radius.groups and reload'),
      run('or take the user out of it', 'sallyport user set USER --groups none'),
    ],
  },
  'bad-reply-attribute': {
    decidedAt: 'user',
    means: 'an attribute that is set for the user is in no dictionary any more',
    remedies: [
      say('put the dictionary back into radius.dictionaries and reload'),
      run('or set none', 'sallyport user set USER --reply none'),
    ],
  },
  'user-record-unreadable': {
    decidedAt: 'user',
    means: 'what is set about the user was altered in the database, or sealed under another master key',
    remedies: [
      say('restore a backup'),
      run('or set it anew', 'sallyport user set USER --groups none --reply none'),
    ],
  },
  'token-disabled': {
    decidedAt: 'enabled',
    means: 'every token of the user was disabled, or waited for its first OTP',
    remedies: [
      run('enable the token', 'sallyport token enable SERIAL'),
      run('if it waits for its first OTP, confirm it', 'sallyport token confirm SERIAL OTP'),
    ],
  },
  'wrong-pin': {
    decidedAt: 'pin',
    means: 'what stood before the OTP was the PIN of none of the tokens',
    remedies: [
      say('type the PIN and right behind it the OTP, without a blank'),
      run('if the PIN is forgotten, set another', 'sallyport token set-pin SERIAL'),
    ],
  },
  'wrong-otp': {
    decidedAt: 'otp',
    means: 'the OTP was no code of the token, near or far',
    remedies: [
      say('look for a typing error, another entry in the app, a wrong clock on the phone'),
      run('bring it back into step by two codes in a row', 'sallyport token resync SERIAL OTP1 OTP2'),
    ],
  },
  'wrong-pin-or-otp': {
    decidedAt: 'otp',
    means: 'no PIN and code that were tried fit the proof; which of the two was wrong cannot be told',
    remedies: [say('type PIN and OTP anew; where it goes on, set the device to PAP, which tells more')],
  },
  'pin-not-recoverable': {
    decidedAt: 'pin',
    means: 'CHAP and MS-CHAP need to know the PIN, and of these tokens only its MAC is kept',
    remedies: [
      say('set the device to PAP; or tokens.pin_storage = "sealed" in the configuration'),
      run('and then set the PIN anew', 'sallyport token set-pin SERIAL'),
    ],
  },
  'otp-already-used': {
    decidedAt: 'otp',
    means: 'the OTP was a code that had been used or passed over before',
    remedies: [say('wait for the next code; look for a device or program that sends stored passwords again')],
  },
  'otp-out-of-sync': {
    decidedAt: 'otp',
    means: "the OTP was the token's, but outside of the window",
    remedies: [
      say('log in again with the very next code'),
      run('or bring it back into step by two codes in a row', 'sallyport token resync SERIAL OTP1 OTP2'),
    ],
  },
  'token-locked': {
    decidedAt: 'token',
    means: 'too many wrong logins in a row had locked the token',
    remedies: [run('unlock it', 'sallyport token reset-fail-count SERIAL')],
  },
  'token-not-yet-valid': {
    decidedAt: 'token',
    means: 'the validity of the token had not begun',
    remedies: [run('let it begin now', 'sallyport token set-limits SERIAL --valid-from none')],
  },
  'token-expired': {
    decidedAt: 'token',
    means: 'the validity of the token was over',
    remedies: [run('extend it', 'sallyport token set-limits SERIAL --valid-until none')],
  },
  'attempts-used-up': {
    decidedAt: 'token',
    means: 'the token had been tried as often as it may be',
    remedies: [run('lift the limit', 'sallyport token set-limits SERIAL --max-attempts none')],
  },
  'successes-used-up': {
    decidedAt: 'token',
    means: 'the token had been used as often as it may be',
    remedies: [run('lift the limit', 'sallyport token set-limits SERIAL --max-successes none')],
  },
  'pin-change-required': {
    decidedAt: 'policy',
    means: 'the PIN must be changed first, and this client could not be asked for a new one',
    remedies: [
      say('log in at a client that has challenge = true'),
      run('or let the PIN stay', 'sallyport token set SERIAL --no-change-pin'),
    ],
  },
  'unknown-state': {
    decidedAt: 'state',
    means: "it answered a challenge that is not ours, was altered, or was another user's or client's",
    remedies: [say('log in anew; all nodes need the same master key')],
  },
  'state-expired': {
    decidedAt: 'state',
    means: 'the answer to the challenge came too late',
    remedies: [say('log in anew; if it was quick, compare the clocks of the nodes')],
  },
  'state-used': {
    decidedAt: 'state',
    means: 'the challenge had been answered, or the token was used or changed meanwhile',
    remedies: [say('log in anew')],
  },

  'otp-asked': { decidedAt: 'otp', means: 'the PIN was right, and the OTP was asked for', remedies: [] },
  'next-otp-asked': {
    decidedAt: 'otp',
    means: "the OTP was the token's, but outside of the window: the next one was asked for",
    remedies: [say('wait for the next code and type that: it brings the token back into step')],
  },
  'new-pin-asked': {
    decidedAt: 'policy',
    means: 'PIN and OTP were right, and a new PIN was asked for',
    remedies: [],
  },
  'new-pin-refused': {
    decidedAt: 'policy',
    means: 'the new PIN was empty, the old one, or not what a PIN may be',
    remedies: [say('choose another PIN')],
  },
  'new-pin-repeat-asked': {
    decidedAt: 'policy',
    means: 'the new PIN was asked for once more',
    remedies: [],
  },
  'new-pins-differ': {
    decidedAt: 'policy',
    means: 'the new PIN was not typed the same twice',
    remedies: [say('type the new PIN, and then the same again')],
  },
}

/** Undefined for what another version has written. */
export function wordsOf(reason: string | null): ReasonWords | undefined {
  return reason !== null && Object.hasOwn(LOGIN_REASONS, reason)
    ? LOGIN_REASONS[reason as LoginReason]
    : undefined
}
