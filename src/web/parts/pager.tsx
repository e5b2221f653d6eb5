/** Buttons to the pages before and after. */
import { Button, Group, Text } from '@mantine/core'
import { commonText } from '../texts/common_text.ts'
import type { Pages } from './use_pages.ts'

export function Pager({ pages, nextCursor }: { pages: Pages; nextCursor: string | null }) {
  if (pages.previous === null && nextCursor === null) return null
  return (
    <Group component="nav" aria-label={commonText.pager} gap="sm" mt="sm">
      <Button
        size="compact-sm"
        variant="default"
        disabled={pages.previous === null}
        onClick={() => pages.previous?.()}
      >
        {commonText.previousPage}
      </Button>
      <Text size="sm">{commonText.pageNumber(pages.number)}</Text>
      <Button
        size="compact-sm"
        variant="default"
        disabled={nextCursor === null}
        onClick={() => nextCursor !== null && pages.next(nextCursor)}
      >
        {commonText.nextPage}
      </Button>
    </Group>
  )
}
