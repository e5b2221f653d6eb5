/** Asks before a token is deleted, and goes back to the list. */
import { Text } from '@mantine/core'
import { useLocation } from 'wouter'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { notify } from '../parts/notices.tsx'
import { tokenText } from '../texts/token_text.ts'
import type { OneTokenProps } from './token_dialog_props.ts'

export function DeleteDialog({ token: { serial }, isOpen, onClose }: OneTokenProps) {
  const remove = useRun('token delete')
  const [, navigate] = useLocation()
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={tokenText.deleteTitle(serial)}
      confirmLabel={tokenText.delete}
      isDangerous
      onConfirm={async () => {
        await remove.run({ serial })
        notify(tokenText.deleted(serial))
        navigate('/tokens')
      }}
    >
      <Text>{tokenText.deleteEffect}</Text>
    </ConfirmDialog>
  )
}
