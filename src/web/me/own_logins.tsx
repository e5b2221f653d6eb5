/** What the audit trail says of a user lately, in plain words, for himself. */
import { Group, List, Text, Title } from '@mantine/core'
import type { Explained } from '../api/commands.gen.ts'
import { actorName } from '../explain/explanation.ts'
import { OutcomeBadge } from '../parts/outcome_badge.tsx'
import { TimeText } from '../parts/time_text.tsx'
import { meText } from '../texts/me_text.ts'

export function OwnLogins({ recent }: { recent: readonly Explained[] }) {
  return (
    <section aria-labelledby="own-logins">
      <Title order={2} size="h3" id="own-logins" mb={4}>
        {meText.logins}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {meText.loginsHint}
      </Text>
      {recent.length === 0 ? <Text>{meText.noLogins}</Text> : null}
      <List listStyleType="none" spacing="sm" aria-labelledby="own-logins">
        {recent.map((row) => (
          <List.Item key={row.id}>
            <Group gap="xs">
              <OutcomeBadge outcome={row.outcome} />
              <Text size="sm">
                <TimeText at={row.at} isRelative />
                {row.action === 'login' ? ` · ${meText.at(actorName(row.actor))}` : ''}
              </Text>
            </Group>
            <Text size="sm">{wordsOf(row)}</Text>
          </List.Item>
        ))}
      </List>
    </section>
  )
}

/** What an operator would read names commands; here it says what was done, and by whom. */
function wordsOf({ action, actor, user, explanation }: Explained): string {
  const what = meText.actions[action]
  if (what === undefined) return explanation
  // What comes before the login has no name yet.
  return actor === 'console'
    ? what
    : `${what} (${actor === `user:${user}` ? meText.byYou : meText.by(actorName(actor))})`
}
