/** What is typed to enroll a token, as the command takes it: an empty field is left to the server's defaults. */
import type { Input } from '../api/client.ts'

export type EnrollType = Input<'token enroll'>['type']

export const ADVANCED = [
  'serial',
  'secret',
  'digits',
  'algorithm',
  'period',
  'counter',
  'window',
  'syncWindow',
  'maxFail',
] as const
export type Advanced = (typeof ADVANCED)[number]

export interface EnrollForm {
  readonly type: EnrollType
  readonly user: string
  readonly pin: string
  readonly description: string
  readonly advanced: Readonly<Partial<Record<Advanced, string>>>
}

export function emptyForm(user: string): EnrollForm {
  return { type: 'totp', user, pin: '', description: '', advanced: {} }
}

/** Whether a field is one of this type's. */
export function suits(field: Advanced, type: EnrollType): boolean {
  return field === 'period' ? type === 'totp' : field === 'counter' ? type === 'hotp' : true
}

const TEXTS: readonly Advanced[] = ['serial', 'secret', 'algorithm']

export function enrollInput(form: EnrollForm): Input<'token enroll'> {
  const { type, user, pin, description, advanced } = form
  const chosen = ADVANCED.filter((field) => suits(field, type)).flatMap((field) => {
    const text = (advanced[field] ?? '').trim()
    return text === '' ? [] : [[field, TEXTS.includes(field) ? text : Number(text)]]
  })
  return {
    ...Object.fromEntries(chosen),
    type,
    ...(user.trim() === '' ? {} : { user: user.trim() }),
    ...(pin === '' ? {} : { pin }),
    ...(description.trim() === '' ? {} : { description: description.trim() }),
    pending: true,
  }
}
