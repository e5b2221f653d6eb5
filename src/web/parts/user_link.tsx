/** The owner of something, with the way to his page. */
import { Anchor, Text } from '@mantine/core'
import { Link } from 'wouter'
import { tokensText } from '../texts/tokens_text.ts'

export function UserLink({ user }: { user: string | null }) {
  if (user === null) {
    return (
      <Text span c="dimmed" size="sm">
        {tokensText.nobody}
      </Text>
    )
  }
  return (
    <Anchor component={Link} href={`/users/${encodeURIComponent(user)}`}>
      {user}
    </Anchor>
  )
}
