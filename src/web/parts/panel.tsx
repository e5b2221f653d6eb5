/** What a person should see first on a page: a heading and some words behind a line of colour. Not read out by itself. */
import { Paper, Stack, Title } from '@mantine/core'
import type { ReactNode } from 'react'

export interface PanelProps {
  readonly title: string
  readonly tone: 'good' | 'bad' | 'warn' | 'plain'
  /** What the section is called; else as its title. */
  readonly label?: string
  readonly children: ReactNode
}

export function Panel({ title, tone, label, children }: PanelProps) {
  return (
    <Paper
      component="section"
      withBorder
      p="md"
      radius="md"
      className={`panel is-${tone}`}
      aria-label={label ?? title}
    >
      <Stack gap="sm">
        <Title order={2} size="h4">
          {title}
        </Title>
        {children}
      </Stack>
    </Paper>
  )
}
