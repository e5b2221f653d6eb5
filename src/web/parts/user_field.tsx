/** The name of a user whom something is for. */
import { TextInput } from '@mantine/core'

export interface UserFieldProps {
  readonly label: string
  readonly description?: string
  readonly value: string
  readonly onChange: (user: string) => void
  readonly isRequired?: boolean
  readonly isFirst?: boolean
}

export function UserField(props: UserFieldProps) {
  const { label, description, value, onChange, isRequired = false, isFirst = false } = props
  return (
    <TextInput
      label={label}
      description={description}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      maxLength={253}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      required={isRequired}
      data-autofocus={isFirst || undefined}
    />
  )
}
