/** Makes a registration code, which is shown once, and takes it back. */
import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { Output } from '../api/client.ts'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { notify, notifyError } from '../parts/notices.tsx'
import { ShownOnce } from '../parts/shown_once.tsx'
import { localTime } from '../parts/time_text.tsx'
import { userText } from '../texts/user_text.ts'

export interface RegistrationDialogProps {
  readonly user: string
  readonly isOpen: boolean
  readonly onClose: () => void
}

export function RegistrationDialog({ user, isOpen, onClose }: RegistrationDialogProps) {
  const create = useRun('registration create')
  const revoke = useRun('registration revoke')
  const [expiresIn, setExpiresIn] = useState('24h')
  const [made, setMade] = useState<Output<'registration create'> | null>(null)
  const takeBack = async () => {
    try {
      const { revoked } = await revoke.run({ user })
      setMade(null)
      notify(revoked ? userText.revoked : userText.noneToRevoke)
    } catch (error) {
      notifyError(error)
    }
  }
  const revokeButton = (label: string) => (
    <Button variant="subtle" color="red" loading={revoke.isPending} onClick={() => void takeBack()}>
      {label}
    </Button>
  )
  return (
    <>
      <ConfirmDialog
        isOpen={isOpen}
        onClose={onClose}
        title={userText.registerTitle(user)}
        confirmLabel={userText.create}
        onConfirm={async () => setMade(await create.run({ user, expiresIn }))}
      >
        <Text>{userText.registerEffect}</Text>
        <NativeSelect
          data-autofocus
          label={userText.expires}
          value={expiresIn}
          onChange={(event) => setExpiresIn(event.currentTarget.value)}
          data={Object.entries(userText.hours).map(([value, label]) => ({ value, label }))}
        />
        <Group>{revokeButton(userText.revoke)}</Group>
      </ConfirmDialog>
      <Dialog isOpen={made !== null} onClose={() => setMade(null)} title={userText.codeTitle} isKept>
        {made === null ? null : (
          <Stack>
            <ShownOnce label={userText.code} secret={made.code} />
            {made.link === null ? null : <ShownOnce label={userText.link} secret={made.link} />}
            <Text>{userText.codeHint(localTime(made.expiresAt))}</Text>
            <Group justify="space-between">
              {revokeButton(userText.revokeThis)}
              <Button onClick={() => setMade(null)}>{userText.done}</Button>
            </Group>
          </Stack>
        )}
      </Dialog>
    </>
  )
}
