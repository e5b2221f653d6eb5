/** Administrators as rows: role, whether they can log in, when they last did, and what an admin can change. */
import { Anchor, Badge, Button, Group, Table } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { enrollPath } from '../parts/paths.ts'
import { Columns, ScrollTable } from '../parts/scroll_table.tsx'
import { TimeText } from '../parts/time_text.tsx'
import { UserLink } from '../parts/user_link.tsx'
import { useMay, useSession } from '../session/session.tsx'
import { administratorsText } from '../texts/administrators_text.ts'
import { shellText } from '../texts/shell_text.ts'
import type { Administrator } from './administrator.ts'
import { type ChangeProps, PasswordChange, Removal, RoleChange } from './change_dialogs.tsx'

export interface AdministratorsTableProps {
  readonly administrators: readonly Administrator[]
  readonly onNotes: (notes: readonly string[]) => void
}

export function AdministratorsTable({ administrators, onNotes }: AdministratorsTableProps) {
  const may = useMay()
  const { columns } = administratorsText
  return (
    <ScrollTable label={administratorsText.list} verticalSpacing={6}>
      <Columns
        names={[
          columns.user,
          columns.role,
          columns.tokens,
          columns.lastLogin,
          ...(may('admin set-role') ? [columns.change] : []),
        ]}
      />
      <Table.Tbody>
        {administrators.map((administrator) => (
          <AdministratorRow key={administrator.user} administrator={administrator} onNotes={onNotes} />
        ))}
      </Table.Tbody>
    </ScrollTable>
  )
}

interface AdministratorRowProps {
  readonly administrator: Administrator
  readonly onNotes: (notes: readonly string[]) => void
}

function AdministratorRow({ administrator, onNotes }: AdministratorRowProps) {
  const may = useMay()
  const { session } = useSession()
  const { user, role, usableTokens, lastLoginAt } = administrator
  const isOneself = user === session.user
  return (
    <Table.Tr>
      <Table.Th scope="row">
        <UserLink user={user} />
        {isOneself ? ` ${administratorsText.you}` : ''}
      </Table.Th>
      <Table.Td>{shellText.roles[role]}</Table.Td>
      <Table.Td>
        {usableTokens > 0 ? (
          usableTokens
        ) : (
          <Group gap="xs">
            <Badge variant="light" color="red" radius="sm">
              {administratorsText.noToken}
            </Badge>
            {may('token enroll') ? (
              <Anchor component={Link} href={enrollPath(user)} size="sm">
                {administratorsText.enroll}
              </Anchor>
            ) : null}
          </Group>
        )}
      </Table.Td>
      <Table.Td className="whole">
        <TimeText at={lastLoginAt} isRelative />
      </Table.Td>
      {may('admin set-role') ? (
        <Table.Td>
          <Changes administrator={administrator} isOneself={isOneself} onNotes={onNotes} />
        </Table.Td>
      ) : null}
    </Table.Tr>
  )
}

function Changes({ administrator, isOneself, onNotes }: AdministratorRowProps & { isOneself: boolean }) {
  const [open, setOpen] = useState<'role' | 'password' | 'removal' | null>(null)
  const { user } = administrator
  const props: Omit<ChangeProps, 'isOpen'> = { administrator, onClose: () => setOpen(null), onNotes }
  const button = (name: Exclude<typeof open, null>, label: string) => (
    <Button
      size="compact-sm"
      variant="default"
      aria-label={administratorsText.of(label, user)}
      onClick={() => setOpen(name)}
    >
      {label}
    </Button>
  )
  return (
    <Group gap="xs" wrap="nowrap">
      {/* Nobody shuts himself out. */}
      {isOneself ? null : button('role', administratorsText.setRole)}
      {button('password', administratorsText.setPassword)}
      {isOneself ? null : button('removal', administratorsText.remove)}
      <RoleChange {...props} isOpen={open === 'role'} />
      <PasswordChange {...props} isOpen={open === 'password'} />
      <Removal {...props} isOpen={open === 'removal'} />
    </Group>
  )
}
