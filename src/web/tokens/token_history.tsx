/** What the audit trail says of a token, page by page, newest first. */
import { useCommand } from '../api/use_command.ts'
import { RecentEntries } from '../explain/recent_entries.tsx'
import { Pager } from '../parts/pager.tsx'
import { usePages } from '../parts/use_pages.ts'
import { tokenText } from '../texts/token_text.ts'

const ROWS = 20

export function TokenHistory({ serial }: { serial: string }) {
  const pages = usePages(serial)
  const { data } = useCommand(
    'token history',
    { serial, limit: ROWS, ...pages.place },
    { keepsPrevious: true },
  )
  if (data === undefined) return null
  return (
    <div>
      <RecentEntries entries={data.entries} heading={tokenText.history} label={tokenText.historyList} />
      <Pager pages={pages} nextCursor={data.nextCursor} />
    </div>
  )
}
