/** Words of a token's page, and of what an administrator changes there. */
import { tokensText } from './tokens_text.ts'

export const tokenText = {
  more: (serial: string) => `More that can be done with ${serial}`,
  pendingTitle: 'It waits for its first OTP',
  pendingHint:
    'It takes no part in logins until then. Let the user read out the code that the phone shows for it.',
  confirm: 'Confirm by its first OTP',
  confirmTitle: (serial: string) => `Confirm ${serial}`,
  confirmOtp: 'The code that it shows now',
  confirmed: (serial: string) => `${serial} is confirmed, and takes part in logins`,
  deletedTitle: 'This token is deleted',
  deletedHint: 'What happened to it is kept in the audit trail.',

  logins: 'Logins',
  codes: 'Codes',
  facts: {
    user: 'Owner',
    description: 'Description',
    pin: 'PIN',
    failures: 'Failures',
    lastUsed: 'Last used',
    attempts: 'Attempts',
    successes: 'Successes',
    validFrom: 'Valid from',
    validUntil: 'Valid until',
    createdAt: 'Enrolled',
    digits: 'Digits',
    algorithm: 'Algorithm',
    period: 'New code every',
    counter: 'Next code',
    window: 'Window',
    syncWindow: 'Sync window',
    drift: 'Clock',
  },
  pin: (isSet: boolean, mustChange: boolean) =>
    `${isSet ? 'set' : 'none'}${mustChange ? ', must be changed at the next login' : ''}`,
  noDescription: 'none',
  always: 'at once',
  noEnd: 'no end',
  used: (count: number, most: number | null) =>
    most === null ? `${count.toLocaleString('en')}, no limit` : `${count} of ${most}`,
  seconds: (count: number) => `${count} s`,
  counter: (counter: number, isTime: boolean) =>
    `${isTime ? 'step' : 'number'} ${counter.toLocaleString('en')}`,
  window: (codes: number, isTime: boolean) =>
    isTime ? `${codes} codes on either side` : `${codes} codes ahead`,
  drift: (seconds: number) =>
    seconds === 0 ? 'in step' : `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead' : 'behind'}`,

  test: 'Test an OTP',
  testTitle: (serial: string) => `Test an OTP of ${serial}`,
  testHint: 'It is not spent: the user can still log in with it.',
  testOtp: 'OTP, without the PIN',
  found: {
    window: (words: string) => `A login would accept it: ${words.replace('in the window: ', '')}.`,
    'sync-window': (words: string) =>
      `It is a code of this token, but out of step: ${words.replace(/^.*: /, '')}. Resync brings it back into step.`,
    used: (words: string) =>
      `It was used or passed over before: ${words.replace(/^.*: /, '')}. Let the user type the next code.`,
    nowhere: () =>
      'It is no code of this token, near or far. Let the user look which entry of the app shows it, or which device.',
  },

  expiration: 'Set Expiration',
  expirationTitle: (serial: string) => `Set Expiration of ${serial}`,
  expirationHint: 'An empty field is no limit. A token that is over a limit takes no part in logins.',
  expirationSet: (serial: string) => `Limits of ${serial} set`,
  undo: 'Undo',
  undone: (serial: string) => `${serial} has its limits from before`,
  save: 'Save',

  settings: 'Settings',
  settingsTitle: (serial: string) => `Settings of ${serial}`,
  settingsSaved: (serial: string) => `Settings of ${serial} saved`,
  setting: {
    description: 'Description',
    window: 'Window: codes that a login accepts',
    syncWindow: 'Sync window: codes that resync looks through',
    maxFail: 'Failures that lock it (0: never)',
    attemptCount: 'Attempts so far',
    successCount: 'Successes so far',
  },
  changePin: 'The PIN must be changed at the next login',

  assign: 'Assign',
  assignTitle: (serial: string) => `Assign ${serial}`,
  assignUser: 'User',
  assignPin: 'PIN (empty: it keeps what it has)',
  assignPinHint: tokensText.pinHint,
  assigned: (serial: string, user: string) => `${serial} belongs to ${user}`,
  unassign: 'Unassign',
  unassignTitle: (serial: string) => `Take ${serial} from its user?`,
  unassignEffect: (user: string) =>
    `${user} can no longer log in with it. Its PIN is cleared, its fail counter set to 0; secret and limits stay.`,
  unassigned: (serial: string) => `${serial} belongs to nobody`,

  delete: 'Delete',
  deleteTitle: (serial: string) => `Delete ${serial} for good?`,
  deleteEffect:
    'It cannot be brought back, and its user cannot log in with it. The audit trail keeps what it did.',
  deleted: (serial: string) => `${serial} is deleted`,

  history: 'What happened to it',
  historyList: 'Entries of the audit trail about this token',

  clock: 'Its clock',
  clockNone: 'Nothing is known of its clock yet: no code was accepted.',
  clockChart: (first: string, last: string, least: string, most: string) =>
    `The clock over time: ${first} at first, ${last} at last; between ${least} and ${most}.`,
  clockTable: 'As a table',
  clockColumns: { at: 'When', drift: 'Clock', how: 'By' },
  clockByLogin: 'a login',
  clockByHand: 'resync or confirmation',
  clockSeconds: (seconds: number) => `${seconds > 0 ? '+' : ''}${seconds} s`,
}
