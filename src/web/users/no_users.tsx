/** Shown where no user is found: what to do next. */
import { Anchor, Stack, Text } from '@mantine/core'
import { Link } from 'wouter'
import { userPath } from '../parts/paths.ts'
import { useMay } from '../session/session.tsx'
import { usersText } from '../texts/users_text.ts'

/** `search`: what was looked for; empty for nothing. */
export function NoUsers({ search }: { search: string }) {
  const may = useMay()
  if (search === '') {
    return (
      <Stack gap="xs">
        <Text fw={600}>{usersText.nobody}</Text>
        <Text>{usersText.nobodyHint}</Text>
        {may('token enroll') ? <Link href="/tokens?enroll=1">{usersText.enroll}</Link> : null}
      </Stack>
    )
  }
  return (
    <Stack gap="xs">
      <Text fw={600}>{usersText.noneFound(search)}</Text>
      <Text>{usersText.noneFoundHint}</Text>
      <Anchor component={Link} href={userPath(search)}>
        {usersText.open(search)}
      </Anchor>
    </Stack>
  )
}
