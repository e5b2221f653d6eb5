/** The tokens of a user as cards: how each of them is, and what the helpdesk does with it. */
import { Anchor, Badge, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { Link } from 'wouter'
import type { TokenView } from '../api/commands.gen.ts'
import { Facts } from '../parts/facts.tsx'
import { FailCount } from '../parts/fail_count.tsx'
import { tokenPath } from '../parts/paths.ts'
import { TimeText } from '../parts/time_text.tsx'
import { useMay } from '../session/session.tsx'
import { tokensText } from '../texts/tokens_text.ts'
import { userText } from '../texts/user_text.ts'
import { TokenActions } from '../tokens/token_actions.tsx'
import { TokenState } from '../tokens/token_state.tsx'

export function UserTokens({ tokens }: { tokens: readonly TokenView[] }) {
  return (
    <section aria-labelledby="tokens">
      <Title order={2} size="h4" id="tokens" mb="sm">
        {userText.tokens}
      </Title>
      {tokens.length === 0 ? (
        <NoTokens />
      ) : (
        <div className="cards">
          {tokens.map((token) => (
            <TokenCard key={token.serial} token={token} />
          ))}
        </div>
      )}
    </section>
  )
}

export function NoTokens() {
  const may = useMay()
  const next = may('token enroll')
    ? userText.noTokensAdmin
    : may('registration create')
      ? userText.noTokensHelpdesk
      : userText.noTokensViewer
  return (
    <Text>
      {userText.noTokens} {next}
    </Text>
  )
}

function TokenCard({ token }: { token: TokenView }) {
  const { serial, type, description, lastUsedAt, validUntil } = token
  return (
    <Paper withBorder p="md" radius="md" component="article" aria-label={serial}>
      <Stack gap="sm">
        <Group gap="xs">
          <Anchor component={Link} href={tokenPath(serial)} fw={600} className="mono">
            {serial}
          </Anchor>
          <Badge variant="default" radius="sm">
            {tokensText.types[type] ?? type}
          </Badge>
          <TokenState token={token} />
        </Group>
        <Facts
          rows={[
            [userText.failures, <FailCount key="failures" token={token} />],
            [userText.lastUsed, <TimeText key="used" at={lastUsedAt} isRelative />],
            [userText.pin, pinWords(token)],
            ...(validUntil === null
              ? []
              : [[userText.validUntil, <TimeText key="until" at={validUntil} />] as const]),
            ...(description === null ? [] : [[userText.description, description] as const]),
          ]}
        />
        <TokenActions token={token} />
      </Stack>
    </Paper>
  )
}

function pinWords({ pinSet, changePin }: TokenView): string {
  const set = pinSet ? userText.pinSet : userText.pinNotSet
  return changePin ? `${set}, ${userText.pinMustChange}` : set
}
