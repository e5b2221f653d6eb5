/** What a token shows: digits, which people type with blanks between. */
import { TextInput } from '@mantine/core'

export interface OtpFieldProps {
  readonly label: string
  readonly description?: string
  readonly value: string
  /** Told of the digits alone. */
  readonly onChange: (otp: string) => void
  readonly isFirst?: boolean
}

export function OtpField({ label, description, value, onChange, isFirst = false }: OtpFieldProps) {
  return (
    <TextInput
      label={label}
      description={description}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value.replace(/\D/g, '').slice(0, MOST_DIGITS))}
      autoComplete="one-time-code"
      inputMode="numeric"
      required
      data-autofocus={isFirst || undefined}
    />
  )
}

const FEWEST_DIGITS = 6
const MOST_DIGITS = 10

export function isOtp(text: string): boolean {
  return text.length >= FEWEST_DIGITS
}
