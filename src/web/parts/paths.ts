/** Where the pages about one thing are. */
export function userPath(user: string): string {
  return `/users/${encodeURIComponent(user)}`
}

export function tokenPath(serial: string): string {
  return `/tokens/${encodeURIComponent(serial)}`
}

/** A row of the audit trail, explained. */
export function explainPath(id: number): string {
  return `/live?explain=${id}`
}

/** The dialogue that makes a token, for this user. */
export function enrollPath(user: string): string {
  return `/tokens?${new URLSearchParams({ enroll: '1', user })}`
}
