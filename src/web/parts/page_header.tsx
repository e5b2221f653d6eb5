/** The heading of a page, which names the browser's tab too, with what can be done on it. */
import { Group, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTitle } from './use_title.ts'

export function PageHeader({ title, children }: { title: string; children?: ReactNode }) {
  useTitle(title)
  return (
    <Group justify="space-between" mb="md">
      <Title order={1} size="h2">
        {title}
      </Title>
      {children === undefined ? null : <Group gap="sm">{children}</Group>}
    </Group>
  )
}
