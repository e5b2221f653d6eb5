/** The second step: the secret, shown this once, and the first OTP that proves that it has arrived. */
import { Alert } from '@mantine/core'
import { useState } from 'react'
import type { Output } from '../api/client.ts'
import { useRun } from '../api/use_command.ts'
import { isOtp, OtpField } from '../parts/otp_field.tsx'
import { QrCode } from '../parts/qr_code.tsx'
import { SecretByHand } from '../parts/secret_by_hand.tsx'
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
      await confirm.run({ serial: token.serial, otp })
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
      {secret === null ? null : <SecretByHand label={enrollText.byHand} secret={secret} />}
      <OtpField label={enrollText.otp} description={enrollText.otpHint} value={otp} onChange={setOtp} />
    </StepForm>
  )
}
