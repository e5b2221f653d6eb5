/** Words of the page of administrators. */
import type { Role } from '../api/commands.gen.ts'

const ROLE_MEANS: Readonly<Record<Role, string>> = {
  viewer: 'Looks at everything, changes nothing.',
  helpdesk: 'Unlocks, resets and resyncs tokens; hands out registration codes.',
  admin: 'Everything, these accounts too.',
}

export const administratorsText = {
  title: 'Administrators',
  list: 'Administrators',
  columns: {
    user: 'User',
    role: 'Role',
    tokens: 'Usable tokens',
    lastLogin: 'Last login',
    change: 'Change',
    source: 'From where',
    begun: 'Begun',
    lastSeen: 'Last seen',
  },
  you: '(you)',
  noToken: 'none: cannot log in',
  enroll: 'Enroll a token',
  of: (what: string, user: string) => `${what}: ${user}`,
  next: 'What to think of now',

  add: 'Add an administrator',
  addDo: 'Add',
  added: (user: string) => `${user} is an administrator.`,
  user: 'User',
  userHint: 'The name that his tokens have, or will have',
  role: 'Role',
  roleMeans: ROLE_MEANS,
  password: 'Password',
  tokenNeeded:
    'To log in he needs a token of his own too: password and OTP together open the console. If he has none, enroll one next.',

  setRole: 'Set role',
  roleIsSet: (user: string) => `The role of ${user} is set.`,
  setPassword: 'Set password',
  passwordIsSet: (user: string) => `The password of ${user} is set.`,
  sessionsEnd: 'Wherever he is logged in to the console, he is no more.',
  remove: 'Remove',
  removed: (user: string) => `${user} is no administrator any more.`,
  removeMeans: 'The console is closed to him at once. His tokens stay, for all other logins.',

  sessions: 'Logged in now',
  sessionsMean: 'Administrators in the console, and users who serve themselves.',
  oneself: 'Self-service',
  revoke: 'End',
  revokeTitle: (user: string) => `End the session of ${user}`,
  revokeMeans: 'Whatever he does next there asks for a login.',
  revoked: (user: string) => `The session of ${user} is over.`,
}
