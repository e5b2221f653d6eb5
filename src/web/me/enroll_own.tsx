/** A phone becomes a token: a PIN, then the secret by QR code or link, then the first OTP. The secret is kept here alone. */
import { Alert, Button, Paper, Stack, Text, TextInput, Title } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useEffect, useRef, useState } from 'react'
import type { Output } from '../api/client.ts'
import { isOtp, OtpField } from '../parts/otp_field.tsx'
import { QrCode } from '../parts/qr_code.tsx'
import { SecretByHand } from '../parts/secret_by_hand.tsx'
import { StepForm } from '../parts/step_form.tsx'
import { meText } from '../texts/me_text.ts'
import { useMe, useMeRun } from './me_session.tsx'
import { OwnPin } from './own_token_dialogs.tsx'

type Enrolled = Output<'token enroll'>

export interface EnrollOwnProps {
  /** Told of the new token's serial; it waits for its first OTP. */
  readonly onEnrolled: (serial: string) => void
  readonly onDone: () => void
  readonly onCancel: () => void
}

export function EnrollOwn({ onEnrolled, onDone, onCancel }: EnrollOwnProps) {
  const [enrolled, setEnrolled] = useState<Enrolled | null>(null)
  const card = useRef<HTMLElement>(null)
  // Another step stands where the field was that had the focus.
  // biome-ignore lint/correctness/useExhaustiveDependencies: at each step.
  useEffect(() => card.current?.focus(), [enrolled])
  return (
    <Paper
      withBorder
      p="md"
      radius="md"
      component="section"
      ref={card}
      tabIndex={-1}
      aria-labelledby="enroll-own"
      className="me-card"
    >
      <Title order={2} size="h3" id="enroll-own" mb="xs">
        {meText.enroll}
      </Title>
      {enrolled === null ? (
        <ChooseStep
          onEnrolled={(made) => {
            setEnrolled(made)
            onEnrolled(made.token.serial)
          }}
          onCancel={onCancel}
        />
      ) : (
        <ScanStep enrolled={enrolled} onDone={onDone} onCancel={onCancel} />
      )}
    </Paper>
  )
}

function ChooseStep({
  onEnrolled,
  onCancel,
}: {
  onEnrolled: (enrolled: Enrolled) => void
  onCancel: () => void
}) {
  const { enrollNeedsOtp } = useMe()
  const run = useMeRun()
  const [pin, setPin] = useState('')
  const [name, setName] = useState('')
  const [otp, setOtp] = useState('')
  return (
    <StepForm
      label={meText.next}
      isReady={!enrollNeedsOtp || otp !== ''}
      onCancel={onCancel}
      onSubmit={async () => {
        const described = name.trim() === '' ? {} : { description: name.trim() }
        const proof = enrollNeedsOtp ? { otp } : {}
        onEnrolled(
          await run<Enrolled>('enroll', {
            type: 'totp',
            ...(pin === '' ? {} : { pin }),
            ...described,
            ...proof,
          }),
        )
      }}
    >
      <Text size="sm">{meText.enrollHow}</Text>
      <OwnPin value={pin} onChange={setPin} />
      <TextInput
        label={meText.phoneName}
        description={meText.phoneNameHint}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={256}
        autoComplete="off"
      />
      {enrollNeedsOtp ? (
        <OtpField
          label={meText.otpOfOther}
          description={meText.otpOfOtherHint}
          value={otp}
          onChange={setOtp}
        />
      ) : null}
    </StepForm>
  )
}

function ScanStep({
  enrolled: { token, otpauthUri, secret },
  onDone,
  onCancel,
}: {
  enrolled: Enrolled
  onDone: () => void
  onCancel: () => void
}) {
  const run = useMeRun()
  const [otp, setOtp] = useState('')
  // Nobody scans the screen that he looks at: there the app is opened by a link.
  const isNarrow = useMediaQuery('(max-width: 48em)') ?? false
  const isPhone = isNarrow && navigator.maxTouchPoints > 0
  const here = (
    <Stack gap={4} key="here">
      <Text size="sm">{isPhone ? meText.onThisPhone : meText.onAPhone}</Text>
      <Button component="a" href={otpauthUri as string} variant={isPhone ? 'filled' : 'default'}>
        {meText.openApp}
      </Button>
    </Stack>
  )
  const scanned = (
    <Stack gap={4} key="scanned">
      <Text size="sm">{isPhone ? meText.onAnother : meText.scan}</Text>
      <QrCode text={otpauthUri as string} label={meText.qrCode} />
    </Stack>
  )
  return (
    <StepForm
      label={meText.confirm}
      isReady={isOtp(otp)}
      onCancel={onCancel}
      onSubmit={async () => {
        try {
          await run('confirm', { serial: token.serial, otp })
        } catch (error) {
          setOtp('')
          throw error
        }
        onDone()
      }}
    >
      <Alert color="orange" variant="light" title={meText.secretOnce}>
        {meText.secretOnceWhy}
      </Alert>
      {isPhone ? [here, scanned] : [scanned, here]}
      <SecretByHand label={meText.byHand} secret={secret as string} copyLabel={meText.copySecret} />
      <OtpField label={meText.firstOtp} description={meText.firstOtpHint} value={otp} onChange={setOtp} />
    </StepForm>
  )
}
