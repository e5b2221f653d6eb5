/** Asks for two OTPs in a row, by which a token is found again. */
import { Text } from '@mantine/core'
import { useState } from 'react'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { notify } from '../parts/notices.tsx'
import { isOtp, OtpField } from '../parts/otp_field.tsx'
import { tokenDialogText as text } from '../texts/token_dialog_text.ts'
import type { TokenDialogProps } from './token_dialog_props.ts'

export function ResyncDialog({ serial, isOpen, onClose }: TokenDialogProps) {
  const resync = useRun('token resync')
  const [otp1, setOtp1] = useState('')
  const [otp2, setOtp2] = useState('')
  const close = () => {
    setOtp1('')
    setOtp2('')
    onClose()
  }
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={close}
      title={text.resyncTitle(serial)}
      confirmLabel={text.resync}
      isReady={isOtp(otp1) && isOtp(otp2)}
      onConfirm={async () => {
        await resync.run({ serial, otp1, otp2 })
        notify(text.resynced(serial))
      }}
    >
      <Text>{text.resyncHint}</Text>
      <OtpField label={text.firstOtp} value={otp1} onChange={setOtp1} isFirst />
      <OtpField label={text.secondOtp} value={otp2} onChange={setOtp2} />
    </ConfirmDialog>
  )
}
