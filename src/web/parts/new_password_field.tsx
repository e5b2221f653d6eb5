/** A password that is chosen, for the console or for /me. The server judges it; this says before what it will want. */
import { PasswordInput } from '@mantine/core'
import { commonText } from '../texts/common_text.ts'

const FEWEST = 10

export interface NewPasswordFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (text: string) => void
  readonly isFirst?: boolean
}

export function NewPasswordField({ label, value, onChange, isFirst = false }: NewPasswordFieldProps) {
  return (
    <PasswordInput
      label={label}
      description={commonText.passwordRules(FEWEST)}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      autoComplete="new-password"
      maxLength={128}
      required
      data-autofocus={isFirst || undefined}
    />
  )
}

export function isPassword(text: string): boolean {
  return text.length >= FEWEST
}
