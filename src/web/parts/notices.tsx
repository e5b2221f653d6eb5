/** Short notices of what was done, with a way back where there is one. They are read out, and stay long enough to be read. */
import { Button, CloseButton, Group, Paper, Text } from '@mantine/core'
import { useSyncExternalStore } from 'react'
import { commonText } from '../texts/common_text.ts'
import { messageOf } from './error_notice.tsx'

interface Notice {
  readonly id: number
  readonly text: string
  readonly isBad: boolean
  readonly undo: { readonly label: string; readonly run: () => void } | null
}

const SHOWN_MS = 8_000
/** What failed, or has a way back: that takes longer to understand, or to decide on. */
const LONG_MS = 20_000
const MAX_NOTICES = 4

let notices: readonly Notice[] = []
let nextId = 1
const listeners = new Set<() => void>()

function set(next: readonly Notice[]): void {
  notices = next
  for (const listener of listeners) listener()
}

/** Shows a text for a while. */
export function notify(text: string, { isBad = false, undo = null as Notice['undo'] } = {}): void {
  const notice = { id: nextId++, text, isBad, undo }
  set([...notices, notice].slice(-MAX_NOTICES))
  setTimeout(() => close(notice.id), undo === null && !isBad ? SHOWN_MS : LONG_MS)
}

/** What an operation threw that has no dialogue to say it in. */
export function notifyError(error: unknown): void {
  notify(messageOf(error), { isBad: true })
}

/** Somebody else may sit down here. */
export function clearNotices(): void {
  if (notices.length > 0) set([])
}

function close(id: number): void {
  set(notices.filter((notice) => notice.id !== id))
}

export function Notices() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => notices,
  )
  return (
    <section className="notices" aria-label={commonText.notice} aria-live="polite">
      {shown.map(({ id, text, isBad, undo }) => (
        <Paper
          key={id}
          withBorder
          shadow="md"
          p="sm"
          radius="md"
          className={isBad ? 'notice is-bad' : 'notice'}
        >
          <Group justify="space-between" wrap="nowrap" align="flex-start">
            <Text size="sm">{text}</Text>
            <Group gap={4} wrap="nowrap">
              {undo === null ? null : (
                <Button
                  size="compact-sm"
                  variant="light"
                  onClick={() => {
                    close(id)
                    undo.run()
                  }}
                >
                  {undo.label}
                </Button>
              )}
              <CloseButton size="sm" aria-label={commonText.close} onClick={() => close(id)} />
            </Group>
          </Group>
        </Paper>
      ))}
    </section>
  )
}
