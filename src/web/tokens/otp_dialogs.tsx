/** An OTP that the user reads out: only looked at, or the first of a token that waits for it. */
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { type FormEvent, useState } from 'react'
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
        await confirm.mutateAsync({ serial, otp })
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
  const close = () => {
    setOtp('')
    test.reset()
    onClose()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    test.mutate({ serial, otp })
  }
  return (
    <Dialog isOpen={isOpen} onClose={close} title={tokenText.testTitle(serial)}>
      <form onSubmit={submit}>
        <Stack>
          <Text>{tokenText.testHint}</Text>
          <OtpField
            label={tokenText.testOtp}
            value={otp}
            onChange={(typed) => {
              test.reset()
              setOtp(typed)
            }}
            isFirst
          />
          <div role="status">
            {test.data === undefined ? null : (
              <Alert variant="light" color={test.data.found === 'window' ? 'teal' : 'orange'}>
                {tokenText.found[test.data.found](test.data.words)}
              </Alert>
            )}
          </div>
          {test.error === null ? null : <ErrorNotice error={test.error} />}
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
