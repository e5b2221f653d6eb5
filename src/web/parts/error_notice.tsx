/** What went wrong, and the next step: as the server says it. */
import { Alert, Button, Text } from '@mantine/core'
import { ApiError } from '../api/client.ts'
import { commonText } from '../texts/common_text.ts'

export function ErrorNotice({ error, retry }: { error: unknown; retry?: () => void }) {
  const hint = error instanceof ApiError ? error.hint : ''
  return (
    <Alert color="red" variant="light" role="alert" title={messageOf(error)}>
      {hint === '' ? null : <Text size="sm">{capitalized(hint)}</Text>}
      {retry === undefined ? null : (
        <Button size="compact-sm" variant="default" mt="xs" onClick={retry}>
          {commonText.tryAgain}
        </Button>
      )}
    </Alert>
  )
}

export function messageOf(error: unknown): string {
  return capitalized(error instanceof Error ? error.message : commonText.failed)
}

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
