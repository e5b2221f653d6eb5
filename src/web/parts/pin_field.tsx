/** A PIN that is chosen, with the rules for it. */
import { PasswordInput } from '@mantine/core'

export interface PinFieldProps {
  readonly label: string
  readonly rules: string
  readonly value: string
  readonly onChange: (pin: string) => void
  readonly isRequired?: boolean
  readonly isFirst?: boolean
}

export function PinField(props: PinFieldProps) {
  const { label, rules, value, onChange, isRequired = false, isFirst = false } = props
  return (
    <PasswordInput
      label={label}
      description={rules}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      // No password of a site: a manager of passwords has no business here.
      autoComplete="off"
      maxLength={64}
      required={isRequired}
      data-autofocus={isFirst || undefined}
    />
  )
}
