/** Fields of a new token that hardly anybody needs. */
import { NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { enrollText } from '../texts/enroll_text.ts'
import { ADVANCED, type Advanced, type EnrollForm, suits } from './enroll_input.ts'

const CHOICES: Readonly<Partial<Record<Advanced, readonly string[]>>> = {
  digits: ['6', '8'],
  algorithm: ['sha1', 'sha256', 'sha512'],
  period: ['30', '60'],
}
const TEXTS: readonly Advanced[] = ['serial', 'secret']

export interface AdvancedFieldsProps {
  readonly form: EnrollForm
  readonly onChange: (field: Advanced, text: string) => void
}

export function AdvancedFields({ form, onChange }: AdvancedFieldsProps) {
  return (
    <details>
      <summary>{enrollText.advanced}</summary>
      <Stack mt="sm" gap="sm">
        <Text size="sm">{enrollText.advancedHint}</Text>
        <div className="short-fields">
          {ADVANCED.filter((field) => suits(field, form.type)).map((field) => (
            <AdvancedField
              key={field}
              field={field}
              text={form.advanced[field] ?? ''}
              onText={(text) => onChange(field, text)}
            />
          ))}
        </div>
      </Stack>
    </details>
  )
}

interface FieldProps {
  readonly field: Advanced
  readonly text: string
  readonly onText: (text: string) => void
}

function AdvancedField({ field, text, onText }: FieldProps) {
  const label = enrollText.fields[field]
  const choices = CHOICES[field]
  if (choices !== undefined) {
    return (
      <NativeSelect
        label={label}
        data={[
          { value: '', label: enrollText.byDefault },
          ...choices.map((value) => ({ value, label: value.toUpperCase() })),
        ]}
        value={text}
        onChange={(event) => onText(event.currentTarget.value)}
      />
    )
  }
  return (
    <TextInput
      label={label}
      placeholder={TEXTS.includes(field) ? enrollText.made : enrollText.byDefault}
      value={text}
      onChange={(event) => onText(event.currentTarget.value)}
      autoComplete="off"
      spellCheck={false}
      {...(TEXTS.includes(field) ? {} : { type: 'number', min: 0 })}
    />
  )
}
