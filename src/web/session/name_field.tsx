/** The name of whoever logs in. */
import { TextInput } from '@mantine/core'
import { loginText } from '../texts/login_text.ts'

export interface NameFieldProps {
  readonly id: string
  readonly value: string
  readonly onChange: (name: string) => void
}

export function NameField({ id, value, onChange }: NameFieldProps) {
  return (
    <TextInput
      id={id}
      label={loginText.user}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      autoComplete="username"
      autoCapitalize="none"
      spellCheck={false}
      required
    />
  )
}
