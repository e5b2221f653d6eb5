/** Where the pages about one thing are. */
export function userPath(user: string): string {
  return `/users/${encodeURIComponent(user)}`
}

export function tokenPath(serial: string): string {
  return `/tokens/${encodeURIComponent(serial)}`
}

/** The dialogue that makes a token, for this user. */
export function enrollPath(user: string): string {
  return `/tokens?${new URLSearchParams({ enroll: '1', user })}`
}
