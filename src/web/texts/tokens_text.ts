/** Words of the list of tokens, and of what is done with many at once. */

export const tokensText = {
  title: 'Tokens',
  enroll: 'Enroll a token',
  search: 'Search',
  searchHint: 'Part of a user, serial or description',
  filters: 'Only tokens that are',
  locked: 'Locked',
  disabled: 'Disabled',
  unassigned: 'Unassigned',
  pending: 'Pending',
  expiring: 'Expiring within',
  unused: 'Unused for',
  days: 'days',
  clearFilters: 'Clear filters',
  pageSize: 'Rows',
  list: 'Tokens',
  total: (count: number, isExact: boolean) =>
    isExact ? tokens(count) : `More than ${count.toLocaleString('en')} tokens`,
  none: 'No token is like that',
  noneAtAll: 'There are no tokens yet',
  columns: {
    serial: 'Serial',
    user: 'Owner',
    type: 'Type',
    state: 'State',
    failures: 'Failures',
    used: 'Last used',
    description: 'Description',
  },
  nobody: 'nobody',
  pinHint: 'Typed before the OTP. At most 64 characters.',
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
  select: (serial: string) => `Select ${serial}`,
  selectPage: 'Select all on this page',
  selection: 'What to do with the selected tokens',
  selected: (count: number, elsewhere: number) =>
    `${tokens(count)} selected${elsewhere === 0 ? '' : `, ${elsewhere} of them not on this page`}`,
  clearSelection: 'Clear selection',
  tooMany: (most: number) => `At most ${most} tokens can be selected at once`,
}

export const bulkText = {
  undo: 'Undo',
  willChange: (count: number) => `${tokens(count)} will change:`,
  willNot: (count: number) => `${tokens(count)} will not:`,
  noneChanges: 'None of the selected tokens would change.',
  andMore: (count: number) => `and ${count.toLocaleString('en')} more`,
  sure: 'I know that they cannot be brought back',
  progress: (done: number, all: number) => `${done} of ${all} done`,
  stop: 'Stop',
  stopped: 'Not run: it was stopped before',
  failed: (count: number) => `${tokens(count)} could not be changed:`,
  undone: (count: number) => `Undone for ${tokens(count)}`,
  undoFailed: (count: number, why: string) => `Not undone for ${tokens(count)}: ${why}`,
  limitsChoose: 'Choose what to set. An empty field takes the limit away.',
  setThis: (label: string) => `Set ${label.toLowerCase()}`,
  otherOwner: (user: string | null) => `it belongs to ${user ?? 'nobody'} by now`,
  pendingSkipped: 'waits for its first OTP: confirm it on its page',
  actions: {
    enable: {
      label: 'Enable',
      effect: 'They take part in logins again.',
      confirm: (count: number) => `Enable ${tokens(count)}`,
      done: (count: number) => `${tokens(count)} enabled`,
      skipped: 'is enabled already',
    },
    disable: {
      label: 'Disable',
      effect: 'They take no part in logins until they are enabled again. Sessions that are open stay open.',
      confirm: (count: number) => `Disable ${tokens(count)}`,
      done: (count: number) => `${tokens(count)} disabled`,
      skipped: 'is disabled already',
    },
    unassign: {
      label: 'Unassign',
      effect:
        'They are taken from their owners, and their PINs are cleared. There is no way back for the PINs.',
      confirm: (count: number) => `Unassign ${tokens(count)}`,
      done: (count: number) => `${tokens(count)} unassigned`,
      skipped: 'belongs to nobody',
    },
    reset: {
      label: 'Reset fail counter',
      effect: 'Their fail counters go back to 0, which unlocks those that are locked.',
      confirm: (count: number) => `Reset ${tokens(count)}`,
      done: (count: number) => `Fail counter of ${tokens(count)} reset`,
      skipped: 'has no failures',
    },
    limits: {
      label: 'Set limits',
      effect: 'A token that is over a limit takes no part in logins until the limit is changed.',
      confirm: (count: number) => `Set limits of ${tokens(count)}`,
      done: (count: number) => `Limits of ${tokens(count)} set`,
      skipped: 'has these limits already',
    },
    delete: {
      label: 'Delete',
      effect: 'They are removed for good. The audit trail keeps what they did.',
      confirm: (count: number) => `Delete ${tokens(count)}`,
      done: (count: number) => `${tokens(count)} deleted`,
      skipped: '',
    },
  },
}

export const limitsText = {
  maxAttempts: 'Attempts at most',
  maxSuccesses: 'Successes at most',
  validFrom: 'Valid from',
  validUntil: 'Valid until',
  noLimit: 'no limit',
}

/** `1 token`, `1,200 tokens`. */
export function tokens(count: number): string {
  return count === 1 ? '1 token' : `${count.toLocaleString('en')} tokens`
}
