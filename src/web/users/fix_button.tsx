/** Runs the one command that mends what a login failed for: at once where it harms nobody, else after a question. */
import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import type { CommandName, Input } from '../api/client.ts'
import { COMMAND_ROLES, type Fix } from '../api/commands.gen.ts'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { capitalized } from '../parts/error_notice.tsx'
import { notify, notifyError } from '../parts/notices.tsx'
import { useMay } from '../session/session.tsx'
import { userText } from '../texts/user_text.ts'

const HARMLESS: readonly string[] = ['token reset-fail-count']

export function FixButton({ fix }: { fix: Fix }) {
  const may = useMay()
  const [isAsked, setAsked] = useState(false)
  // Of another version of the server it may be one that is not known here.
  const name = fix.command as CommandName
  const { run, isPending } = useRun(name)
  if (!Object.hasOwn(COMMAND_ROLES, name) || !may(name)) return <Text>{capitalized(fix.words)}</Text>
  const mend = async () => {
    await run(fix.input as Input<CommandName>)
    notify(userText.fixed(fix.words))
  }
  const click = async () => {
    if (!HARMLESS.includes(name)) return setAsked(true)
    await mend().catch(notifyError)
  }
  return (
    <Group>
      <Button loading={isPending} onClick={() => void click()}>
        {capitalized(fix.words)}
      </Button>
      <ConfirmDialog
        isOpen={isAsked}
        onClose={() => setAsked(false)}
        title={userText.fixTitle}
        confirmLabel={userText.fixConfirm}
        onConfirm={mend}
      >
        <Text>{userText.fixEffect(fix.words)}</Text>
      </ConfirmDialog>
    </Group>
  )
}
