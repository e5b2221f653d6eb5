/** The explanation of a row: what was checked and found, how it is now, and what helps. */
import { Anchor, Badge, Code, Group, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Output } from '../api/client.ts'
import { CopyButton } from '../parts/copy_button.tsx'
import { capitalized } from '../parts/error_notice.tsx'
import { Facts } from '../parts/facts.tsx'
import { OutcomeBadge } from '../parts/outcome_badge.tsx'
import { tokenPath, userPath } from '../parts/paths.ts'
import { TimeText } from '../parts/time_text.tsx'
import { UserLink } from '../parts/user_link.tsx'
import { explainText } from '../texts/explain_text.ts'
import { actorName, explanationOf } from './explanation.ts'

type Explained = Output<'login explain'>

export function ExplainedLogin({ explained }: { explained: Explained }) {
  const { summary, entry, checks, dialogue, now, advice } = explained
  const isRejected = entry.outcome === 'reject'
  return (
    <Stack gap="lg">
      <Stack gap="xs">
        <Group gap="sm" wrap="nowrap" align="flex-start">
          <OutcomeBadge outcome={entry.outcome} />
          <Text fw={600}>{explanationOf({ action: entry.action, explanation: summary })}</Text>
        </Group>
        <EntryFacts entry={entry} />
      </Stack>
      {isRejected ? <Advice advice={advice} user={entry.user} /> : null}
      <Part title={explainText.checks}>
        <ol className="checks">
          {checks.map(({ check, outcome, found }) => (
            <li key={check}>
              <Badge variant="light" radius="sm" color={COLORS[outcome]}>
                {explainText.outcomes[outcome]}
              </Badge>
              <span>
                <strong>{check}</strong>: {found}
              </span>
            </li>
          ))}
        </ol>
      </Part>
      {dialogue.length === 0 ? null : (
        <Part title={explainText.dialogue}>
          <ol className="checks">
            {dialogue.map(({ id, at, outcome, reason }) => (
              <li key={id}>
                <OutcomeBadge outcome={outcome} />
                <span>
                  <TimeText at={at} />, {reason}
                </span>
              </li>
            ))}
          </ol>
        </Part>
      )}
      {now.length === 0 ? null : (
        <Part title={explainText.now}>
          <Facts rows={now.map(({ what, state }) => [what, state] as const)} />
        </Part>
      )}
      {isRejected ? null : <Advice advice={advice} user={entry.user} />}
    </Stack>
  )
}

const COLORS = { passed: 'teal', failed: 'red', open: 'gray' } as const

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <Title order={3} size="h5" mb="xs">
        {title}
      </Title>
      {children}
    </section>
  )
}

function EntryFacts({ entry: { at, user, actor, source, node, serials } }: { entry: Explained['entry'] }) {
  const { facts } = explainText
  return (
    <Facts
      rows={[
        [facts.at, <TimeText key="at" at={at} />],
        [facts.user, <UserLink key="user" user={user} />],
        [facts.from, `${actorName(actor)}, ${source}`],
        [facts.node, node],
        ...(serials.length === 0
          ? []
          : [[facts.tokens, <Serials key="tokens" serials={serials} />] as const]),
      ]}
    />
  )
}

function Serials({ serials }: { serials: readonly string[] }) {
  return (
    <Group gap="sm">
      {serials.map((serial) => (
        <Anchor key={serial} component={Link} href={tokenPath(serial)} className="mono">
          {serial}
        </Anchor>
      ))}
    </Group>
  )
}

function Advice({ advice, user }: { advice: Explained['advice']; user: string | null }) {
  if (advice.length === 0) return null
  return (
    <Part title={explainText.advice}>
      <Stack gap="sm">
        {advice.map(({ text, command }) => (
          <Stack key={`${text} ${command}`} gap={4}>
            <Text>{capitalized(text)}</Text>
            {command === null ? null : (
              <Group gap="sm">
                <Code>{command}</Code>
                <CopyButton text={command} label={explainText.copyCommand} />
              </Group>
            )}
          </Stack>
        ))}
        {user === null ? null : (
          <Anchor component={Link} href={userPath(user)}>
            {explainText.toUser(user)}
          </Anchor>
        )}
      </Stack>
    </Part>
  )
}
