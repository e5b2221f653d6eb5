/** The settings of a token: its description, how far its codes are looked for, and when it is locked. */
import { Checkbox, TextInput } from '@mantine/core'
import type { Input } from '../api/client.ts'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { notify } from '../parts/notices.tsx'
import { useEdits } from '../parts/use_edits.ts'
import { tokenText } from '../texts/token_text.ts'
import type { OneTokenProps } from './token_dialog_props.ts'

const COUNTS = ['window', 'syncWindow', 'maxFail', 'attemptCount', 'successCount'] as const

export function SettingsDialog({ token, isOpen, onClose }: OneTokenProps) {
  const { serial, description, changePin } = token
  const set = useRun('token set')
  const counts = Object.fromEntries(COUNTS.map((field) => [field, String(token[field])]))
  const { text, edit, changed, isChanged, reset } = useEdits({
    ...(counts as Record<(typeof COUNTS)[number], string>),
    description: description ?? '',
    changePin: String(changePin),
  })
  const close = () => {
    reset()
    onClose()
  }
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={close}
      title={tokenText.settingsTitle(serial)}
      confirmLabel={tokenText.save}
      isReady={isChanged}
      onConfirm={async () => {
        await set.run({ serial, ...settingsOf(changed) })
        notify(tokenText.settingsSaved(serial))
      }}
    >
      <TextInput
        data-autofocus
        label={tokenText.setting.description}
        value={text('description')}
        onChange={(event) => edit('description', event.currentTarget.value)}
        maxLength={256}
        autoComplete="off"
      />
      {COUNTS.map((field) => (
        <TextInput
          key={field}
          type="number"
          min={0}
          required
          label={tokenText.setting[field]}
          value={text(field)}
          onChange={(event) => edit(field, event.currentTarget.value)}
        />
      ))}
      <Checkbox
        label={tokenText.changePin}
        checked={text('changePin') === 'true'}
        onChange={(event) => edit('changePin', String(event.currentTarget.checked))}
      />
    </ConfirmDialog>
  )
}

type Changed = Readonly<Partial<Record<(typeof COUNTS)[number] | 'description' | 'changePin', string>>>

function settingsOf(changed: Changed): Omit<Input<'token set'>, 'serial'> {
  const counts = COUNTS.flatMap((field) =>
    changed[field] === undefined ? [] : [[field, Number(changed[field])]],
  )
  return {
    ...Object.fromEntries(counts),
    ...(changed.description === undefined
      ? {}
      : { description: changed.description === '' ? null : changed.description }),
    ...(changed.changePin === undefined ? {} : { changePin: changed.changePin === 'true' }),
  }
}
