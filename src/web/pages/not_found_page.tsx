/** A path that is no page. */
import { Stack, Text, Title } from '@mantine/core'
import { Link } from 'wouter'
import { useTitle } from '../parts/use_title.ts'
import { commonText } from '../texts/common_text.ts'

export default function NotFoundPage() {
  useTitle(commonText.notFoundTitle)
  return (
    <Stack>
      <Title order={1}>{commonText.notFoundTitle}</Title>
      <Text>{commonText.notFound}</Text>
      <Link href="/">{commonText.toOverview}</Link>
    </Stack>
  )
}
