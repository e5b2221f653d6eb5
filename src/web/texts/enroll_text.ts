/** Words of the dialogue that makes a token. */
export const enrollText = {
  title: 'Enroll a token',
  titleFor: (user: string) => `Enroll a token for ${user}`,
  type: 'What is it?',
  types: {
    totp: { label: 'An app on a phone', hint: 'TOTP: a new code every 30 seconds' },
    hotp: { label: 'A device with a button', hint: 'HOTP: a new code at each press' },
  },
  user: 'User',
  userHint: 'As typed at the login. Empty: the token stays in the drawer, unassigned.',
  pin: 'PIN',
  pinHint: 'Typed before the OTP. At most 64 characters; the user may choose it. Empty: the OTP alone.',
  description: 'Description',
  descriptionHint: 'A note for people, such as “blue key ring”',
  advanced: 'Advanced options',
  advancedHint: 'Most apps know 6 digits, SHA-1 and 30 seconds only. An empty field is the default.',
  fields: {
    serial: 'Serial',
    secret: 'Secret in base32',
    digits: 'Digits',
    algorithm: 'Algorithm',
    period: 'New code every (seconds)',
    counter: 'First counter',
    window: 'Window: codes that a login accepts',
    syncWindow: 'Sync window: codes that resync looks through',
    maxFail: 'Failures that lock it (0: never)',
  },
  byDefault: 'default',
  made: 'made by the server',
  next: 'Next',

  scanTitle: (serial: string) => `${serial}: show it to the phone`,
  once: 'Shown once',
  onceWhy: 'Whoever has this picture or secret has the token. It cannot be shown again.',
  qrCode: 'QR code of the new token, for an authenticator app',
  byHand: 'Or typed by hand',
  otp: 'First OTP',
  otpHint:
    'The code that the phone or device shows now. Until it is typed, the token takes part in no login.',
  verify: 'Verify',
  later: 'Later',

  leaveTitle: 'The token is not verified yet',
  leaveEffect: (serial: string) =>
    `${serial} waits for its first OTP and takes part in no login until then. You can confirm it later on its page, but the QR code is not shown again.`,
  goOn: 'Go back to the code',
  leave: 'Leave it pending',
  remove: 'Delete it',
  leftPending: (serial: string) =>
    `${serial} was made when nobody looked any more: it waits for its first OTP. Delete it, and enroll another.`,
  removed: (serial: string) => `${serial} is deleted`,

  done: 'The token works',
  doneHow: (user: string | null, hasPin: boolean) =>
    user === null
      ? 'It belongs to nobody yet: assign it on its page.'
      : `${user} can log in with it: ${hasPin ? 'the PIN, and right behind it the code' : 'the code alone'}. The code just typed is spent; the next one counts.`,
  toToken: 'To its page',
}
