/** Whether the audit trail is as it was written: what that means, and the answer. */
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { call } from '../api/client.ts'
import { Dialog } from '../parts/dialog.tsx'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { auditText } from '../texts/audit_text.ts'
import { commonText } from '../texts/common_text.ts'

export function VerifyDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { data, error, isPending, mutate, reset } = useMutation({
    mutationFn: async () => await call('audit verify', {}),
  })
  const close = () => {
    reset()
    onClose()
  }
  return (
    <Dialog isOpen={isOpen} onClose={close} title={auditText.verify}>
      <Stack>
        <Text size="sm">{auditText.verifyMeans}</Text>
        <div role="status">
          {isPending ? <Text size="sm">{auditText.verifying}</Text> : null}
          {data?.ok === true ? (
            <Alert color="teal" variant="light" title={auditText.whole}>
              {auditText.checked(data.entries)}
            </Alert>
          ) : null}
        </div>
        {data?.ok === false ? (
          <Alert color="red" variant="light" role="alert" title={auditText.altered}>
            {auditText.firstBad(data.firstBad?.id ?? null, data.firstBad?.problem ?? '')}
          </Alert>
        ) : null}
        {error === null ? null : <ErrorNotice error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {commonText.close}
          </Button>
          <Button loading={isPending} onClick={() => mutate()} data-autofocus>
            {auditText.verifyNow}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
