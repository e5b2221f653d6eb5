/** Something for many tokens: what will happen before it does, how far it is, and what failed and why. */
import { Button, Checkbox, Group, Progress, Stack, Text } from '@mantine/core'
import { type FormEvent, type RefObject, useRef, useState } from 'react'
import type { TokenView } from '../api/commands.gen.ts'
import { Dialog } from '../parts/dialog.tsx'
import { messageOf } from '../parts/error_notice.tsx'
import { notify } from '../parts/notices.tsx'
import { commonText } from '../texts/common_text.ts'
import { bulkText } from '../texts/tokens_text.ts'
import { BULK_ACTIONS, type BulkName } from './bulk_action.ts'
import { BulkLimits } from './bulk_limits.tsx'
import { BulkList } from './bulk_list.tsx'
import { type LimitField, limitsOf } from './limits.ts'
import { type BulkRan, type Update, useBulkRun } from './use_bulk_run.ts'

export interface BulkDialogProps {
  /** Null: it is closed. */
  readonly name: BulkName | null
  readonly tokens: readonly TokenView[]
  readonly update: Update
  readonly onClose: () => void
}

export function BulkDialog({ name, onClose, ...others }: BulkDialogProps) {
  const stopper = useRef<(() => void) | null>(null)
  // What runs is stopped first, and then tells what it did.
  const close = () => (stopper.current ?? onClose)()
  return (
    <Dialog isOpen={name !== null} onClose={close} title={name === null ? '' : bulkText.actions[name].label}>
      {name === null ? null : <Bulk name={name} onClose={onClose} stopper={stopper} {...others} />}
    </Dialog>
  )
}

interface BulkProps extends BulkDialogProps {
  readonly name: BulkName
  readonly stopper: RefObject<(() => void) | null>
}

function Bulk({ name, tokens, update, onClose, stopper }: BulkProps) {
  const action = BULK_ACTIONS[name]
  const said = bulkText.actions[name]
  // What was selected when it was opened: rows that change meanwhile must not change the question.
  const [asked] = useState(tokens)
  const [texts, setTexts] = useState<Partial<Record<LimitField, string>>>({})
  const [isSure, setSure] = useState(false)
  const { phase, run, undo, stop } = useBulkRun(update)
  const limits = limitsOf(texts)
  const skipped = asked.map((token) => ({ token, why: action.skip(token, limits) }))
  const affected = skipped.flatMap(({ token, why }) => (why === null ? [token] : []))
  const isReady = affected.length > 0 && (name !== 'delete' || isSure)

  const goBack = (ran: readonly BulkRan[]) =>
    void undo(
      action,
      ran.flatMap(({ result }) => (result === null ? [] : [result.before])),
    )
  const confirm = async (event: FormEvent) => {
    event.preventDefault()
    stopper.current = stop
    const ran = await run(action, affected, limits)
    stopper.current = null
    const done = succeeded(ran)
    if (done.length < ran.length) return
    const undoing = action.undo === null ? null : { label: bulkText.undo, run: () => goBack(ran) }
    notify(said.done(done.length), { undo: undoing })
    onClose()
  }
  return (
    <>
      {phase.kind === 'asking' ? (
        <form onSubmit={confirm}>
          <Stack>
            <Text>{said.effect}</Text>
            {name === 'limits' ? <BulkLimits texts={texts} onTexts={setTexts} /> : null}
            {affected.length === 0 ? (
              <Text fw={600}>{bulkText.noneChanges}</Text>
            ) : (
              <BulkList
                heading={bulkText.willChange(affected.length)}
                rows={affected.map((token) => ({ token, why: null }))}
              />
            )}
            <BulkList
              heading={bulkText.willNot(asked.length - affected.length)}
              rows={skipped.filter(({ why }) => why !== null)}
            />
            {name === 'delete' ? (
              <Checkbox
                label={bulkText.sure}
                checked={isSure}
                onChange={(event) => setSure(event.currentTarget.checked)}
              />
            ) : null}
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {commonText.cancel}
              </Button>
              <Button type="submit" color={action.isDangerous ? 'red' : 'blue'} disabled={!isReady}>
                {said.confirm(affected.length)}
              </Button>
            </Group>
          </Stack>
        </form>
      ) : phase.kind === 'running' ? (
        <Stack>
          <Text role="status">{bulkText.progress(phase.done, phase.all)}</Text>
          <Progress
            aria-label={bulkText.progress(phase.done, phase.all)}
            value={(100 * phase.done) / phase.all}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={stop}>
              {bulkText.stop}
            </Button>
          </Group>
        </Stack>
      ) : (
        <Stack>
          <Text role="status" fw={600}>
            {said.done(succeeded(phase.ran).length)}
          </Text>
          <BulkList
            heading={bulkText.failed(phase.ran.length - succeeded(phase.ran).length)}
            rows={phase.ran
              .filter(({ result }) => result === null)
              .map(({ item, hasRun, error }) => ({
                token: item,
                why: hasRun ? messageOf(error) : bulkText.stopped,
              }))}
          />
          <Group justify="flex-end">
            {action.undo === null || succeeded(phase.ran).length === 0 ? null : (
              <Button
                variant="default"
                onClick={() => {
                  goBack(phase.ran)
                  onClose()
                }}
              >
                {bulkText.undo}
              </Button>
            )}
            <Button onClick={onClose}>{commonText.close}</Button>
          </Group>
        </Stack>
      )}
    </>
  )
}

function succeeded(ran: readonly BulkRan[]): readonly BulkRan[] {
  return ran.filter(({ result }) => result !== null)
}
