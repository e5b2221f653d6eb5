/** The first step: what kind of token, for whom, with which PIN. */
import { Radio, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { PinField } from '../parts/pin_field.tsx'
import { StepForm } from '../parts/step_form.tsx'
import { UserField } from '../parts/user_field.tsx'
import { enrollText } from '../texts/enroll_text.ts'
import { AdvancedFields } from './advanced_fields.tsx'
import { type EnrollForm, type EnrollType, emptyForm } from './enroll_input.ts'

export interface ChooseStepProps {
  readonly user: string
  /** What it throws is shown. */
  readonly onChosen: (form: EnrollForm) => Promise<void>
  readonly onCancel: () => void
}

export function ChooseStep({ user, onChosen, onCancel }: ChooseStepProps) {
  const [form, setForm] = useState(() => emptyForm(user))
  const set = (change: Partial<EnrollForm>) => setForm((before) => ({ ...before, ...change }))
  return (
    <StepForm label={enrollText.next} isReady onSubmit={() => onChosen(form)} onCancel={onCancel}>
      <Radio.Group
        label={enrollText.type}
        value={form.type}
        onChange={(type) => set({ type: type as EnrollType })}
      >
        <Stack gap="xs" mt="xs">
          {(['totp', 'hotp'] as const).map((type) => (
            <Radio
              key={type}
              value={type}
              label={enrollText.types[type].label}
              description={enrollText.types[type].hint}
            />
          ))}
        </Stack>
      </Radio.Group>
      <UserField
        label={enrollText.user}
        description={enrollText.userHint}
        value={form.user}
        onChange={(typed) => set({ user: typed })}
        isFirst={user === ''}
      />
      <PinField
        label={enrollText.pin}
        rules={enrollText.pinHint}
        value={form.pin}
        onChange={(pin) => set({ pin })}
        isFirst={user !== ''}
      />
      <TextInput
        label={enrollText.description}
        description={enrollText.descriptionHint}
        value={form.description}
        onChange={(event) => set({ description: event.currentTarget.value })}
        maxLength={256}
        autoComplete="off"
      />
      <AdvancedFields
        form={form}
        onChange={(field, text) => set({ advanced: { ...form.advanced, [field]: text } })}
      />
    </StepForm>
  )
}
