/** What can be done with the selected tokens. */
import { Button, Group, Paper, Text } from '@mantine/core'
import { useState } from 'react'
import { useMay } from '../session/session.tsx'
import { bulkText, tokensText } from '../texts/tokens_text.ts'
import { BULK_ACTIONS, type BulkName } from './bulk_action.ts'
import { BulkDialog } from './bulk_dialog.tsx'
import type { Selection } from './use_selection.ts'

const NAMES = Object.keys(BULK_ACTIONS) as BulkName[]

export function BulkBar({ selection }: { selection: Selection }) {
  const may = useMay()
  const [open, setOpen] = useState<BulkName | null>(null)
  const { tokens, elsewhere, clear, update } = selection
  return (
    <section aria-label={tokensText.selection} className="bulk">
      {tokens.length === 0 ? null : (
        <Paper withBorder p="xs" radius="md">
          <Group gap="xs">
            <Text size="sm" fw={600} role="status">
              {tokensText.selected(tokens.length, elsewhere)}
            </Text>
            {NAMES.filter((name) => may(BULK_ACTIONS[name].needs)).map((name) => (
              <Button
                key={name}
                size="compact-sm"
                variant={BULK_ACTIONS[name].isDangerous ? 'light' : 'default'}
                color={BULK_ACTIONS[name].isDangerous ? 'red' : 'blue'}
                onClick={() => setOpen(name)}
              >
                {bulkText.actions[name].label}
              </Button>
            ))}
            <Button size="compact-sm" variant="subtle" onClick={clear}>
              {tokensText.clearSelection}
            </Button>
          </Group>
        </Paper>
      )}
      <BulkDialog name={open} tokens={tokens} update={update} onClose={() => setOpen(null)} />
    </section>
  )
}
