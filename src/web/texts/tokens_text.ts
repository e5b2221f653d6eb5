/** Words of the list of tokens, and of what is done with many at once. */

export const tokensText = {
  types: { hotp: 'HOTP', totp: 'TOTP', password: 'Temporary password' } as Readonly<Record<string, string>>,
  states: {
    enabled: 'Enabled',
    disabled: 'Disabled',
    pending: 'Pending',
    expired: 'Expired',
    'not-yet-valid': 'Not yet valid',
    'used-up': 'Used up',
  },
  stateHints: {
    enabled: 'Takes part in logins',
    disabled: 'Takes no part in logins until it is enabled',
    pending: 'Takes no part in logins until its first OTP is confirmed',
    expired: 'Its validity has ended: see Set Expiration on its page',
    'not-yet-valid': 'Its validity has not begun: see Set Expiration on its page',
    'used-up': 'It may be used no more often: see Set Expiration on its page',
  },
}
