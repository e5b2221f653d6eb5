/** Words that several pages share. */
import type { Outcome } from '../api/commands.gen.ts'

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  accept: 'Accept',
  reject: 'Reject',
  challenge: 'Challenge',
  done: 'Done',
  refused: 'Refused',
}

export const commonText = {
  cancel: 'Cancel',
  close: 'Close',
  copy: 'Copy',
  copied: 'Copied',
  loading: 'Loading …',
  tryAgain: 'Try again',
  nothing: 'Nothing found',
  passwordRules: (fewest: number) => `${fewest} characters or more. Three words make a good one.`,
  nextPage: 'Next page',
  previousPage: 'Previous page',
  pager: 'Pages of this list',
  pageNumber: (number: number) => `Page ${number}`,
  never: 'never',
  any: 'any',
  locked: 'locked',
  failCount: (failures: number, most: number) => `${failures} failures of ${most} until it is locked`,
  outcomes: OUTCOMES,
  notFoundTitle: 'Nothing here',
  notFound: 'There is no such page.',
  toOverview: 'To the overview',
  notice: 'Notices',
  failed: 'That did not work',
  broken:
    'This page could not be shown. It may be another version of Sallyport, or the network: load it again.',
}
