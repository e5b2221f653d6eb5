/** The audit trail: searched, verified, saved as a file. */
import { Button, Text } from '@mantine/core'
import { useState } from 'react'
import { useCommand } from '../api/use_command.ts'
import { type AuditFilter, filterOf, inputOf } from '../audit/audit_filter.ts'
import { AuditFilters } from '../audit/audit_filters.tsx'
import { AuditTable } from '../audit/audit_table.tsx'
import { ExportDialog } from '../audit/export_dialog.tsx'
import { VerifyDialog } from '../audit/verify_dialog.tsx'
import { ExplainDialog } from '../explain/explain_dialog.tsx'
import { Answered } from '../parts/answered.tsx'
import { PageHeader } from '../parts/page_header.tsx'
import { Pager } from '../parts/pager.tsx'
import { useQuery } from '../parts/use_address.ts'
import { usePages } from '../parts/use_pages.ts'
import { auditText } from '../texts/audit_text.ts'
import { commonText } from '../texts/common_text.ts'

export default function AuditPage() {
  const [params, setParams] = useQuery()
  const [dialogue, setDialogue] = useState<'verify' | 'export' | null>(null)
  const filter = filterOf(params)
  const question = inputOf(filter)
  const pages = usePages(JSON.stringify(question))
  const list = useCommand('audit list', { ...question, ...pages.place }, { keepsPrevious: true })
  return (
    <>
      <PageHeader title={auditText.title}>
        <Button variant="default" onClick={() => setDialogue('verify')}>
          {auditText.verify}
        </Button>
        <Button variant="default" onClick={() => setDialogue('export')}>
          {auditText.export}
        </Button>
      </PageHeader>
      <AuditFilters filter={filter} onChange={(change: Partial<AuditFilter>) => setParams(change)} />
      <Answered query={list}>
        {(data) => (
          <>
            <Text size="sm" role="status">
              {data.entries.length === 0 ? commonText.nothing : auditText.newestFirst}
            </Text>
            <AuditTable entries={data.entries} isStale={list.isPlaceholderData} />
            <Pager pages={pages} nextCursor={data.nextCursor} />
          </>
        )}
      </Answered>
      <ExplainDialog />
      <VerifyDialog isOpen={dialogue === 'verify'} onClose={() => setDialogue(null)} />
      <ExportDialog isOpen={dialogue === 'export'} onClose={() => setDialogue(null)} input={question} />
    </>
  )
}
