/** Rows of the audit trail in plain words, each with all of its fields on demand. */
import { Anchor, Button, Table, Text } from '@mantine/core'
import { Fragment, useState } from 'react'
import { Link } from 'wouter'
import type { Explained } from '../api/commands.gen.ts'
import { ExplainLink } from '../explain/explain_link.tsx'
import { OutcomeBadge } from '../parts/outcome_badge.tsx'
import { tokenPath } from '../parts/paths.ts'
import { Columns, ScrollTable } from '../parts/scroll_table.tsx'
import { TimeText } from '../parts/time_text.tsx'
import { UserLink } from '../parts/user_link.tsx'
import { auditText } from '../texts/audit_text.ts'

export function AuditTable({ entries, isStale }: { entries: readonly Explained[]; isStale: boolean }) {
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set())
  const { columns } = auditText
  const toggle = (id: number) => {
    const next = new Set(open)
    if (!next.delete(id)) next.add(id)
    setOpen(next)
  }
  return (
    <ScrollTable
      label={auditText.list}
      className={isStale ? 'is-stale' : ''}
      aria-busy={isStale}
      verticalSpacing={6}
    >
      <Columns
        names={[columns.at, columns.outcome, columns.user, columns.action, columns.explanation, columns.more]}
      />
      <Table.Tbody>
        {entries.map((entry) => (
          <Fragment key={entry.id}>
            <AuditRow entry={entry} isOpen={open.has(entry.id)} onToggle={() => toggle(entry.id)} />
            {open.has(entry.id) ? <AuditDetails entry={entry} /> : null}
          </Fragment>
        ))}
      </Table.Tbody>
    </ScrollTable>
  )
}

interface AuditRowProps {
  readonly entry: Explained
  readonly isOpen: boolean
  readonly onToggle: () => void
}

function AuditRow({ entry, isOpen, onToggle }: AuditRowProps) {
  const { id, at, outcome, user, action, actor, explanation } = entry
  return (
    <Table.Tr>
      <Table.Td className="whole">
        <TimeText at={at} />
      </Table.Td>
      <Table.Td>
        <OutcomeBadge outcome={outcome} />
      </Table.Td>
      <Table.Td>
        <UserLink user={user} />
      </Table.Td>
      <Table.Td>
        {action}
        {action === 'login' ? (
          <Text size="xs" c="dimmed">
            {auditText.at(actor)}
          </Text>
        ) : null}
      </Table.Td>
      <Table.Td className="words">{explanation}</Table.Td>
      <Table.Td>
        <Button
          size="compact-sm"
          variant="default"
          aria-expanded={isOpen}
          aria-controls={isOpen ? `audit-${id}` : undefined}
          aria-label={auditText.detailsOf(id)}
          onClick={onToggle}
        >
          {auditText.details}
        </Button>
      </Table.Td>
    </Table.Tr>
  )
}

function AuditDetails({ entry }: { entry: Explained }) {
  const { fields } = auditText
  const { id, at, node, actor, source, user, serials, action, outcome, reason, detail } = entry
  const shown: readonly [string, string | null][] = [
    [fields.id, String(id)],
    [fields.at, at],
    [fields.node, node],
    [fields.actor, actor],
    [fields.source, source],
    [fields.user, user],
    [fields.action, action],
    [fields.outcome, outcome],
    [fields.reason, reason],
    [fields.detail, detail],
  ]
  return (
    <Table.Tr id={`audit-${id}`}>
      <Table.Td colSpan={6}>
        <dl className="fields">
          {shown.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="mono">{value ?? auditText.none}</dd>
            </div>
          ))}
          <div>
            <dt>{fields.serials}</dt>
            <dd>
              {serials.length === 0 ? auditText.none : null}
              {serials.map((serial) => (
                <Fragment key={serial}>
                  <Anchor component={Link} href={tokenPath(serial)} inherit className="mono">
                    {serial}
                  </Anchor>{' '}
                </Fragment>
              ))}
            </dd>
          </div>
        </dl>
        {action === 'login' ? <ExplainLink id={id} text={auditText.explain} /> : null}
      </Table.Td>
    </Table.Tr>
  )
}
