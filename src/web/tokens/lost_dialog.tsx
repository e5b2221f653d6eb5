/** A lost token is disabled; the password in its place is shown once. */
import { Button, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { ShownOnce } from '../parts/shown_once.tsx'
import { tokenDialogText as text } from '../texts/token_dialog_text.ts'
import type { TokenDialogProps } from './token_dialog_props.ts'

export function LostDialog({ serial, isOpen, onClose }: TokenDialogProps) {
  const lost = useRun('token lost')
  const [password, setPassword] = useState<string | null>(null)
  return (
    <>
      <ConfirmDialog
        isOpen={isOpen}
        onClose={onClose}
        title={text.lostTitle(serial)}
        confirmLabel={text.lostConfirm}
        isDangerous
        onConfirm={async () => setPassword((await lost.run({ serial })).password)}
      >
        <Text>{text.lostEffect}</Text>
      </ConfirmDialog>
      <Dialog isOpen={password !== null} onClose={() => setPassword(null)} title={text.lostDone} isKept>
        <Stack>
          <ShownOnce label={text.password} secret={password ?? ''} />
          <Text>{text.passwordHint}</Text>
          <Group justify="flex-end">
            <Button onClick={() => setPassword(null)}>{text.done}</Button>
          </Group>
        </Stack>
      </Dialog>
    </>
  )
}
