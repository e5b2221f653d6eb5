/** What a user does with a token of his: confirm it, set its PIN, bring it back into step, report it lost. */
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { TokenView } from '../api/commands.gen.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { notify } from '../parts/notices.tsx'
import { isOtp, OtpField } from '../parts/otp_field.tsx'
import { PinField } from '../parts/pin_field.tsx'
import { ShownOnce } from '../parts/shown_once.tsx'
import { localTime } from '../parts/time_text.tsx'
import { meText } from '../texts/me_text.ts'
import { useMe, useMeRun } from './me_session.tsx'

export interface OwnDialogueProps {
  readonly token: TokenView
  readonly isOpen: boolean
  readonly onClose: () => void
}

export function ConfirmOwn({ token: { serial }, isOpen, onClose }: OwnDialogueProps) {
  const run = useMeRun()
  const [otp, setOtp] = useState('')
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={() => {
        setOtp('')
        onClose()
      }}
      title={meText.confirmTitle}
      confirmLabel={meText.confirm}
      isReady={isOtp(otp)}
      onConfirm={async () => {
        await run('confirm', { serial, otp })
        notify(meText.ready)
      }}
    >
      <Text size="sm">{meText.confirmHint}</Text>
      <OtpField label={meText.firstOtp} value={otp} onChange={setOtp} isFirst />
    </ConfirmDialog>
  )
}

export function PinOwn({ token: { serial, pinSet }, isOpen, onClose }: OwnDialogueProps) {
  const run = useMeRun()
  const [pin, setPin] = useState('')
  const [otp, setOtp] = useState('')
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={() => {
        setPin('')
        setOtp('')
        onClose()
      }}
      title={pinSet ? meText.changePin : meText.setPin}
      confirmLabel={meText.savePin}
      isReady={pin !== '' && isOtp(otp)}
      onConfirm={async () => {
        try {
          await run('set-pin', { serial, pin, otp })
        } catch (error) {
          setOtp('')
          throw error
        }
        notify(meText.pinSaved)
      }}
    >
      <OwnPin value={pin} onChange={setPin} isRequired isFirst />
      <OtpField label={meText.otpNow} description={meText.otpNowHint} value={otp} onChange={setOtp} />
    </ConfirmDialog>
  )
}

export interface OwnPinProps {
  readonly value: string
  readonly onChange: (pin: string) => void
  readonly isRequired?: boolean
  readonly isFirst?: boolean
}

export function OwnPin(props: OwnPinProps) {
  const isRequired = props.isRequired === true
  const rules = isRequired ? meText.pinRules : `${meText.pinRules} ${meText.pinMayBeLeftOut}`
  return <PinField label={isRequired ? meText.newPin : meText.pin} rules={rules} {...props} />
}

export function ResyncOwn({ token: { serial }, isOpen, onClose }: OwnDialogueProps) {
  const run = useMeRun()
  const [otp1, setOtp1] = useState('')
  const [otp2, setOtp2] = useState('')
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={() => {
        setOtp1('')
        setOtp2('')
        onClose()
      }}
      title={meText.resyncTitle}
      confirmLabel={meText.resyncDo}
      isReady={isOtp(otp1) && isOtp(otp2)}
      onConfirm={async () => {
        await run('resync', { serial, otp1, otp2 })
        notify(meText.resynced)
      }}
    >
      <Text size="sm">{meText.resyncHint}</Text>
      <OtpField label={meText.otp1} value={otp1} onChange={setOtp1} isFirst />
      <OtpField label={meText.otp2} description={meText.otp2Hint} value={otp2} onChange={setOtp2} />
    </ConfirmDialog>
  )
}

interface Lost {
  readonly token: TokenView
  readonly password: string | null
}

export function LostOwn({ token: { serial, type }, isOpen, onClose }: OwnDialogueProps) {
  const run = useMeRun()
  const { may } = useMe()
  const [lost, setLost] = useState<Lost | null>(null)
  const isTemporary = type === 'password'
  return (
    <>
      <ConfirmDialog
        isOpen={isOpen}
        onClose={onClose}
        title={isTemporary ? meText.stopTitle : meText.lostTitle}
        confirmLabel={isTemporary ? meText.stop : meText.lostDo}
        isDangerous
        onConfirm={async () => {
          const answer = await run<Lost>('lost', { serial })
          if (answer.password === null) notify(meText.lostDone(may.enroll))
          else setLost(answer)
        }}
      >
        <Text>{isTemporary ? meText.stopFollows : meText.lostFollows}</Text>
        {isTemporary ? null : <Text size="sm">{meText.lostPassword}</Text>}
      </ConfirmDialog>
      <Dialog isOpen={lost !== null} onClose={() => setLost(null)} title={meText.temporary} isKept>
        {lost === null ? null : (
          <Stack>
            <Alert color="orange" variant="light" title={meText.shownOnce}>
              {meText.temporaryHow(localTime(lost.token.validUntil as string))}
            </Alert>
            <ShownOnce label={meText.temporary} secret={lost.password as string} />
            <Group justify="flex-end">
              <Button onClick={() => setLost(null)}>{meText.written}</Button>
            </Group>
          </Stack>
        )}
      </Dialog>
    </>
  )
}
