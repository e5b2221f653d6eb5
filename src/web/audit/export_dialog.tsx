/** Saves what is searched for as a file, and says how far it is. */
import { Alert, Button, Group, Radio, Stack, Text } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import type { TrailFormat } from '../../trail_lines.ts'
import type { Input } from '../api/client.ts'
import { Dialog } from '../parts/dialog.tsx'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { auditText } from '../texts/audit_text.ts'
import { commonText } from '../texts/common_text.ts'
import { exportTrail, MAX_ROWS, saveFile } from './export_trail.ts'

export interface ExportDialogProps {
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly input: Input<'audit list'>
}

export function ExportDialog({ isOpen, onClose, input }: ExportDialogProps) {
  const [format, setFormat] = useState<TrailFormat>('csv')
  const [rows, setRows] = useState(0)
  const [done, setDone] = useState<{ rows: number; isCut: boolean } | null>(null)
  const [error, setError] = useState<unknown>(null)
  const running = useRef<AbortController | null>(null)
  const [isBusy, setBusy] = useState(false)
  // Whoever leaves the page wants no file any more.
  useEffect(() => () => running.current?.abort(), [])
  const close = () => {
    running.current?.abort()
    setDone(null)
    setError(null)
    onClose()
  }
  const start = async () => {
    const abort = new AbortController()
    running.current = abort
    setBusy(true)
    setDone(null)
    setError(null)
    setRows(0)
    try {
      const file = await exportTrail(format, input, { signal: abort.signal, onRows: setRows })
      saveFile(file.content, `sallyport-audit.${format}`)
      setDone(file)
    } catch (failed) {
      if (!abort.signal.aborted) setError(failed)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog isOpen={isOpen} onClose={close} title={auditText.export}>
      <Stack>
        <Text size="sm">{auditText.exportMeans}</Text>
        <Radio.Group
          label={auditText.format}
          value={format}
          onChange={(value) => setFormat(value as TrailFormat)}
        >
          <Stack gap="xs" mt="xs">
            <Radio value="csv" label="CSV" description={auditText.csvMeans} />
            <Radio value="ndjson" label="NDJSON" description={auditText.ndjsonMeans} />
          </Stack>
        </Radio.Group>
        <div role="status">
          {isBusy ? <Text size="sm">{auditText.exporting(rows)}</Text> : null}
          {done === null ? null : (
            <Alert
              color={done.isCut ? 'orange' : 'teal'}
              variant="light"
              title={auditText.exported(done.rows)}
            >
              {done.isCut ? auditText.cut(MAX_ROWS) : null}
            </Alert>
          )}
        </div>
        {error === null ? null : <ErrorNotice error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {done === null ? commonText.cancel : commonText.close}
          </Button>
          <Button loading={isBusy} onClick={() => void start()}>
            {auditText.save}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
