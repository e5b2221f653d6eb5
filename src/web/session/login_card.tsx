/** The card of a login, of administrators and of users alike: heading, fields, what went wrong, and the button. */
import { Button, Paper, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { useSubmit } from '../parts/use_submit.ts'
import { loginText } from '../texts/login_text.ts'

export interface LoginCardProps {
  readonly heading: string
  /** Id of the field or button where it begins. */
  readonly begin: string
  /** A session was there, and has ended. */
  readonly isOver: boolean
  /** What it throws is shown. */
  readonly onSubmit: () => Promise<void>
  /** Where else somebody may have wanted to go. */
  readonly elsewhere: ReactNode
  readonly children: ReactNode
}

export const LOG_IN_BUTTON = 'log-in'

export function LoginCard({ heading, begin, isOver, onSubmit, elsewhere, children }: LoginCardProps) {
  const { submit, isBusy, error } = useSubmit(onSubmit)
  useEffect(() => document.getElementById(begin)?.focus(), [begin])
  return (
    <main className="login">
      <Paper withBorder p="lg" radius="md" className="login-card">
        <form onSubmit={submit}>
          <Stack>
            <Title order={1} size="h2">
              {heading}
            </Title>
            {isOver && error === null ? <Text role="status">{loginText.over}</Text> : null}
            {children}
            {error === null ? null : <ErrorNotice error={error} />}
            <Button id={LOG_IN_BUTTON} type="submit" size="md" loading={isBusy} fullWidth>
              {loginText.logIn}
            </Button>
            <Text size="sm">{elsewhere}</Text>
          </Stack>
        </form>
      </Paper>
    </main>
  )
}
