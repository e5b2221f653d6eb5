/** Asked when somebody closes the dialogue before the first OTP: the token is there, but waits. */
import { Button, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useRun } from '../api/use_command.ts'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { notify } from '../parts/notices.tsx'
import { enrollText } from '../texts/enroll_text.ts'

export interface LeaveStepProps {
  readonly serial: string
  readonly onBack: () => void
  readonly onLeave: () => void
}

export function LeaveStep({ serial, onBack, onLeave }: LeaveStepProps) {
  const remove = useRun('token delete')
  const [error, setError] = useState<unknown>(null)
  const removeIt = async () => {
    setError(null)
    try {
      await remove.run({ serial })
      notify(enrollText.removed(serial))
      onLeave()
    } catch (failed) {
      setError(failed)
    }
  }
  return (
    <Stack>
      <Text>{enrollText.leaveEffect(serial)}</Text>
      {error === null ? null : <ErrorNotice error={error} />}
      <Group justify="flex-end">
        <Button variant="light" color="red" loading={remove.isPending} onClick={() => void removeIt()}>
          {enrollText.remove}
        </Button>
        <Button variant="default" onClick={onLeave}>
          {enrollText.leave}
        </Button>
        <Button onClick={onBack}>{enrollText.goOn}</Button>
      </Group>
    </Stack>
  )
}
