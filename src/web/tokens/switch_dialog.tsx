/** Asks before a token is enabled or disabled: somebody else may have had a reason. */
import { Checkbox, Text } from '@mantine/core'
import { useState } from 'react'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { notify } from '../parts/notices.tsx'
import { tokenDialogText as text } from '../texts/token_dialog_text.ts'
import type { TokenDialogProps } from './token_dialog_props.ts'

export function EnableDialog({
  serial,
  isOpen,
  onClose,
  isPending,
}: TokenDialogProps & { isPending: boolean }) {
  const enable = useRun('token enable')
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={text.enableTitle(serial)}
      confirmLabel={text.enable}
      onConfirm={async () => {
        await enable.run({ serial })
        notify(text.enabled(serial))
      }}
    >
      <Text>{isPending ? text.enablePending : text.enableEffect}</Text>
    </ConfirmDialog>
  )
}

export function DisableDialog({ serial, isOpen, onClose }: TokenDialogProps) {
  const disable = useRun('token disable')
  const [endsSessions, setEndsSessions] = useState(false)
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={text.disableTitle(serial)}
      confirmLabel={text.disable}
      isDangerous
      onConfirm={async () => {
        const { disconnects = [] } = await disable.run({
          serial,
          ...(endsSessions ? { disconnect: true } : {}),
        })
        const ended = disconnects.filter(({ outcome }) => outcome === 'acknowledged').length
        notify(text.disabled(serial, ended, disconnects.length - ended))
      }}
    >
      <Text>{text.disableEffect}</Text>
      <Checkbox
        label={text.disconnect}
        checked={endsSessions}
        onChange={(event) => setEndsSessions(event.currentTarget.checked)}
      />
    </ConfirmDialog>
  )
}
