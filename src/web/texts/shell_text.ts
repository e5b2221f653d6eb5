/** Words around the pages: navigation, and who is logged in. */
import type { Role } from '../api/commands.gen.ts'

const ROLES: Readonly<Record<Role, string>> = {
  viewer: 'Viewer',
  helpdesk: 'Helpdesk',
  admin: 'Administrator',
}

export const shellText = {
  product: 'Sallyport',
  skip: 'Skip to the page',
  navigation: 'Pages',
  menu: 'Menu',
  overview: 'Overview',
  tokens: 'Tokens',
  users: 'Users',
  live: 'Live logins',
  audit: 'Audit trail',
  clients: 'Clients',
  administrators: 'Administrators',
  logOut: 'Log out',
  theme: 'Colours',
  dark: 'Dark',
  light: 'Light',
  roles: ROLES,
}
