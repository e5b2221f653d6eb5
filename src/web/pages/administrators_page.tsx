/** Who may come into the console, in which role, and who is logged in now. */
import { Button, Stack } from '@mantine/core'
import { useState } from 'react'
import { AddDialog } from '../administrators/add_dialog.tsx'
import { AdministratorsTable } from '../administrators/administrators_table.tsx'
import { ConsoleSessions } from '../administrators/console_sessions.tsx'
import { Notes } from '../administrators/notes.tsx'
import { useCommand } from '../api/use_command.ts'
import { Answered } from '../parts/answered.tsx'
import { PageHeader } from '../parts/page_header.tsx'
import { useMay } from '../session/session.tsx'
import { administratorsText } from '../texts/administrators_text.ts'

export default function AdministratorsPage() {
  const may = useMay()
  const [isAdding, setAdding] = useState(false)
  /** Of the last change: what to do next. */
  const [notes, setNotes] = useState<readonly string[]>([])
  const list = useCommand('admin list', {})
  return (
    <>
      <PageHeader title={administratorsText.title}>
        {may('admin add') ? <Button onClick={() => setAdding(true)}>{administratorsText.add}</Button> : null}
      </PageHeader>
      <Notes notes={notes} onClose={() => setNotes([])} />
      <Stack gap="xl">
        <Answered query={list}>
          {({ administrators }) => <AdministratorsTable administrators={administrators} onNotes={setNotes} />}
        </Answered>
        {may('admin sessions') ? <ConsoleSessions /> : null}
      </Stack>
      <AddDialog isOpen={isAdding} onClose={() => setAdding(false)} onNotes={setNotes} />
    </>
  )
}
