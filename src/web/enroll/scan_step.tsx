/** The second step: the secret, shown this once, and the first OTP that proves that it has arrived. */
import { Alert, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { Output } from '../api/client.ts'
import { useRun } from '../api/use_command.ts'
import { CopyButton } from '../parts/copy_button.tsx'
import { isOtp, OtpField } from '../parts/otp_field.tsx'
import { QrCode } from '../parts/qr_code.tsx'
import { StepForm } from '../parts/step_form.tsx'
import { enrollText } from '../texts/enroll_text.ts'

export interface ScanStepProps {
  readonly enrolled: Output<'token enroll'>
  readonly onConfirmed: () => void
  readonly onLeave: () => void
}

export function ScanStep({ enrolled, onConfirmed, onLeave }: ScanStepProps) {
  const { token, otpauthUri, secret } = enrolled
  const confirm = useRun('token confirm')
  const [otp, setOtp] = useState('')
  const verify = async () => {
    try {
      await confirm.mutateAsync({ serial: token.serial, otp })
    } catch (error) {
      setOtp('')
      throw error
    }
    onConfirmed()
  }
  return (
    <StepForm
      label={enrollText.verify}
      cancelLabel={enrollText.later}
      isReady={isOtp(otp)}
      onSubmit={verify}
      onCancel={onLeave}
    >
      <Alert color="orange" variant="light" title={enrollText.once}>
        {enrollText.onceWhy}
      </Alert>
      {otpauthUri === null ? null : <QrCode text={otpauthUri} label={enrollText.qrCode} />}
      {secret === null ? null : (
        <Stack gap={4}>
          <Text size="sm">{enrollText.byHand}</Text>
          <Group gap="xs">
            <Text className="mono" size="sm">
              {secret.match(/.{1,4}/g)?.join(' ')}
            </Text>
            <CopyButton text={secret} />
          </Group>
        </Stack>
      )}
      <OtpField label={enrollText.otp} description={enrollText.otpHint} value={otp} onChange={setOtp} />
    </StepForm>
  )
}
