/** Words of the list of users. */
export const usersText = {
  title: 'Users',
  search: 'Find a user',
  searchHint: 'Part of the name. Enter opens the user when only one is left.',
  columns: { user: 'User', tokens: 'Tokens', locked: 'Locked', groups: 'Groups' },
  list: 'Users who have a token',
  lockedTokens: (count: number) => `${count} locked`,
  noneLocked: 'none',
  found: (count: number, isMore: boolean) =>
    `${isMore ? 'More than ' : ''}${count} ${count === 1 ? 'user' : 'users'}`,
  nobody: 'No user has a token yet',
  nobodyHint: 'Enroll the first one, or open the page of a user and hand out a registration code.',
  noneFound: (search: string) => `No user with a token has “${search}” in the name`,
  noneFoundHint: 'Look for a typing error. Somebody who has no token yet has a page too:',
  open: (user: string) => `Open the page of ${user}`,
  enroll: 'Enroll a token',
}
