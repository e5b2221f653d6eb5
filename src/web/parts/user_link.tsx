/** The owner of something, with the way to his page. */
import { Anchor, Text } from '@mantine/core'
import { Link } from 'wouter'
import { tokensText } from '../texts/tokens_text.ts'
import { userPath } from './paths.ts'

export function UserLink({ user }: { user: string | null }) {
  if (user === null) {
    return (
      <Text span c="dimmed" inherit>
        {tokensText.nobody}
      </Text>
    )
  }
  return (
    <Anchor component={Link} href={userPath(user)} inherit>
      {user}
    </Anchor>
  )
}
