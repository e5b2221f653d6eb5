/** An OTP that the user reads out: only looked at, or the first of a token that waits for it. */
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { Output } from '../api/client.ts'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { notify } from '../parts/notices.tsx'
import { isOtp, OtpField } from '../parts/otp_field.tsx'
import { commonText } from '../texts/common_text.ts'
import { tokenText } from '../texts/token_text.ts'
import type { OneTokenProps } from './token_dialog_props.ts'

export function ConfirmTokenDialog({ token: { serial }, isOpen, onClose }: OneTokenProps) {
  const confirm = useRun('token confirm')
  const [otp, setOtp] = useState('')
  const close = () => {
    setOtp('')
    onClose()
  }
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={close}
      title={tokenText.confirmTitle(serial)}
      confirmLabel={tokenText.confirm}
      isReady={isOtp(otp)}
      onConfirm={async () => {
        await confirm.run({ serial, otp })
        notify(tokenText.confirmed(serial))
      }}
    >
      <Text>{tokenText.pendingHint}</Text>
      <OtpField label={tokenText.confirmOtp} value={otp} onChange={setOtp} isFirst />
    </ConfirmDialog>
  )
}

export function TestDialog({ token: { serial }, isOpen, onClose }: OneTokenProps) {
  const test = useRun('token test')
  const [otp, setOtp] = useState('')
  const [tested, setTested] = useState<Output<'token test'> | null>(null)
  const [error, setError] = useState<unknown>(null)
  const type = (typed: string) => {
    setOtp(typed)
    setTested(null)
    setError(null)
  }
  const close = () => {
    type('')
    onClose()
  }
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setError(null)
    await test.run({ serial, otp }).then(setTested, setError)
  }
  return (
    <Dialog isOpen={isOpen} onClose={close} title={tokenText.testTitle(serial)}>
      <form onSubmit={submit}>
        <Stack>
          <Text>{tokenText.testHint}</Text>
          <OtpField label={tokenText.testOtp} value={otp} onChange={type} isFirst />
          <div role="status">
            {tested === null ? null : (
              <Alert variant="light" color={tested.found === 'window' ? 'teal' : 'orange'}>
                {tokenText.found[tested.found](tested.words)}
              </Alert>
            )}
          </div>
          {error === null ? null : <ErrorNotice error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {commonText.close}
            </Button>
            <Button type="submit" disabled={!isOtp(otp)} loading={test.isPending}>
              {tokenText.test}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
