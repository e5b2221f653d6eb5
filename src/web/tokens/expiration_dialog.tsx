/** Set Expiration: how often and how long a token may be used. */
import { Text } from '@mantine/core'
import type { TokenView } from '../api/commands.gen.ts'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { notify, notifyError } from '../parts/notices.tsx'
import { useEdits } from '../parts/use_edits.ts'
import { tokenText } from '../texts/token_text.ts'
import { LimitInput } from './limit_input.tsx'
import { LIMIT_FIELDS, limitsOf, limitText, presentLimits } from './limits.ts'
import type { OneTokenProps } from './token_dialog_props.ts'

export function ExpirationDialog({ token, isOpen, onClose }: OneTokenProps) {
  const { serial } = token
  const setLimits = useRun('token set-limits')
  const { text, edit, changed, isChanged, reset } = useEdits(textsOf(token))
  const close = () => {
    reset()
    onClose()
  }
  const undo = async () => {
    try {
      await setLimits.run({ serial, ...presentLimits(token) })
      notify(tokenText.undone(serial))
    } catch (error) {
      notifyError(error)
    }
  }
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={close}
      title={tokenText.expirationTitle(serial)}
      confirmLabel={tokenText.save}
      isReady={isChanged}
      onConfirm={async () => {
        await setLimits.run({ serial, ...limitsOf(changed) })
        notify(tokenText.expirationSet(serial), {
          undo: { label: tokenText.undo, run: () => void undo() },
        })
      }}
    >
      <Text>{tokenText.expirationHint}</Text>
      {LIMIT_FIELDS.map((field) => (
        <LimitInput key={field} field={field} text={text(field)} onText={(typed) => edit(field, typed)} />
      ))}
    </ConfirmDialog>
  )
}

function textsOf(token: TokenView) {
  return {
    maxAttempts: limitText('maxAttempts', token),
    maxSuccesses: limitText('maxSuccesses', token),
    validFrom: limitText('validFrom', token),
    validUntil: limitText('validUntil', token),
  }
}
