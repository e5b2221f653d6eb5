/** Groups of a user, and the attributes of his replies; changed by those who may. */
import { Button, Group, Textarea, Title } from '@mantine/core'
import { useState } from 'react'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { Facts } from '../parts/facts.tsx'
import { notify } from '../parts/notices.tsx'
import { useMay } from '../session/session.tsx'
import { userText } from '../texts/user_text.ts'

export interface UserSettingsProps {
  readonly user: string
  readonly groups: readonly string[]
  readonly reply: readonly string[]
}

export function UserSettings(props: UserSettingsProps) {
  const { groups, reply } = props
  const may = useMay()
  const [isOpen, setOpen] = useState(false)
  return (
    <section aria-labelledby="settings">
      <Group mb="sm">
        <Title order={2} size="h4" id="settings">
          {userText.settings}
        </Title>
        {may('user set') ? (
          <Button size="compact-sm" variant="default" onClick={() => setOpen(true)}>
            {userText.change}
          </Button>
        ) : null}
      </Group>
      <Facts
        rows={[
          [userText.groups, groups.length === 0 ? userText.none : groups.join(', ')],
          [userText.reply, reply.length === 0 ? userText.none : <ReplyLines key="reply" lines={reply} />],
        ]}
      />
      {may('user set') ? (
        <SettingsDialog key={String(isOpen)} {...props} isOpen={isOpen} onClose={() => setOpen(false)} />
      ) : null}
    </section>
  )
}

function ReplyLines({ lines }: { lines: readonly string[] }) {
  return <span className="mono lines">{lines.join('\n')}</span>
}

function SettingsDialog(props: UserSettingsProps & { isOpen: boolean; onClose: () => void }) {
  const { user, groups, reply, isOpen, onClose } = props
  const set = useRun('user set')
  const [groupLines, setGroupLines] = useState(groups.join('\n'))
  const [replyLines, setReplyLines] = useState(reply.join('\n'))
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={userText.settingsTitle(user)}
      confirmLabel={userText.save}
      onConfirm={async () => {
        await set.run({ user, groups: linesOf(groupLines), reply: linesOf(replyLines) })
        notify(userText.saved)
      }}
    >
      <Textarea
        data-autofocus
        label={userText.groups}
        description={userText.groupsHint}
        value={groupLines}
        onChange={(event) => setGroupLines(event.currentTarget.value)}
        rows={3}
        spellCheck={false}
      />
      <Textarea
        label={userText.reply}
        description={userText.replyHint}
        value={replyLines}
        onChange={(event) => setReplyLines(event.currentTarget.value)}
        rows={4}
        spellCheck={false}
        classNames={{ input: 'mono' }}
      />
    </ConfirmDialog>
  )
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
