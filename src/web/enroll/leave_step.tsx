/** Asked when somebody closes the dialogue before the first OTP: the token is there, but waits. */
import { Button, Group, Stack, Text } from '@mantine/core'
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
  const removeIt = () =>
    remove.mutate(
      { serial },
      {
        onSuccess: () => {
          notify(enrollText.removed(serial))
          onLeave()
        },
      },
    )
  return (
    <Stack>
      <Text>{enrollText.leaveEffect(serial)}</Text>
      {remove.error === null ? null : <ErrorNotice error={remove.error} />}
      <Group justify="flex-end">
        <Button variant="light" color="red" loading={remove.isPending} onClick={removeIt}>
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
