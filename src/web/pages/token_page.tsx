/** A token: everything about it, what can be done with it, and what happened to it. */
import { Alert, Badge, Group, Stack, Text } from '@mantine/core'
import { ApiError } from '../api/client.ts'
import type { TokenView } from '../api/commands.gen.ts'
import { useCommand } from '../api/use_command.ts'
import { ExplainDialog } from '../explain/explain_dialog.tsx'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { Loading } from '../parts/loading.tsx'
import { PageHeader } from '../parts/page_header.tsx'
import { usePathPart } from '../parts/use_address.ts'
import { tokenText } from '../texts/token_text.ts'
import { tokensText } from '../texts/tokens_text.ts'
import { TokenClock } from '../tokens/drift_chart.tsx'
import { MoreActions } from '../tokens/more_actions.tsx'
import { TokenActions } from '../tokens/token_actions.tsx'
import { TokenFacts } from '../tokens/token_facts.tsx'
import { TokenHistory } from '../tokens/token_history.tsx'
import { TokenState } from '../tokens/token_state.tsx'

/** Somebody is on the phone and tries again. */
const EVERY_MS = 5_000

/** Nothing that is open or typed about one token may become another's by the browser's way back. */
export default function TokenPage() {
  const serial = usePathPart(1)
  return <ByTheSerial key={serial} serial={serial} />
}

function ByTheSerial({ serial }: { serial: string }) {
  const { data, error, isPending, refetch } = useCommand('token show', { serial }, { everyMs: EVERY_MS })
  const isGone = error instanceof ApiError && error.code === 'not-found'
  return (
    <>
      <PageHeader title={serial}>
        {data === undefined || isGone ? null : (
          <>
            <Badge variant="default" radius="sm">
              {tokensText.types[data.token.type] ?? data.token.type}
            </Badge>
            <TokenState token={data.token} />
          </>
        )}
      </PageHeader>
      {isPending ? <Loading /> : null}
      {error === null || isGone ? null : <ErrorNotice error={error} retry={() => void refetch()} />}
      {isGone ? <Gone serial={serial} error={error} /> : null}
      {data === undefined || isGone ? null : <Found token={data.token} />}
      <ExplainDialog />
    </>
  )
}

function Found({ token }: { token: TokenView }) {
  const { serial, pending, type } = token
  return (
    <Stack gap="xl">
      <Stack gap="xs">
        {pending ? (
          <Alert color="orange" variant="light" title={tokenText.pendingTitle}>
            {tokenText.pendingHint}
          </Alert>
        ) : null}
        <Group gap="xs">
          <TokenActions token={token} />
        </Group>
        <MoreActions token={token} />
      </Stack>
      <TokenFacts token={token} />
      {type === 'totp' ? <TokenClock serial={serial} /> : null}
      <TokenHistory serial={serial} />
    </Stack>
  )
}

/** The trail remembers it, if it was there ever. */
function Gone({ serial, error }: { serial: string; error: ApiError }) {
  const { data } = useCommand('token history', { serial, limit: 1 })
  if (data === undefined) return <ErrorNotice error={error} />
  return (
    <Stack gap="xl">
      <Alert color="gray" variant="light" title={tokenText.deletedTitle}>
        <Text size="sm">{tokenText.deletedHint}</Text>
      </Alert>
      <TokenHistory serial={serial} />
    </Stack>
  )
}
