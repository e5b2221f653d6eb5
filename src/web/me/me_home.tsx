/** What a user sees of himself: his tokens and what can be done with them, his last logins, his password. */
import { Alert, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { post } from '../api/client.ts'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { Loading } from '../parts/loading.tsx'
import { localTime } from '../parts/time_text.tsx'
import { meText } from '../texts/me_text.ts'
import { EnrollOwn } from './enroll_own.tsx'
import { type Own, useMe } from './me_session.tsx'
import { OwnLogins } from './own_logins.tsx'
import { OwnPassword } from './own_password.tsx'
import { OwnToken } from './own_token.tsx'

export function MeHome() {
  const me = useMe()
  const { data, error, refetch } = useQuery<Own>({
    queryKey: ['me', 'show'],
    queryFn: async ({ signal }) => await post<Own>('/me/show', {}, { signal }),
  })
  // Null: as his tokens have it. Whoever comes by a code and has none is here for that.
  const [isEnrolling, setEnrolling] = useState<boolean | null>(null)
  /** Of the token that the card above the list is about. */
  const [enrolling, setEnrollingSerial] = useState<string | null>(null)
  const [isReady, setReady] = useState(false)
  const problem = error === null ? null : <ErrorNotice error={error} retry={() => void refetch()} />
  // What is open stays open: it may show a secret.
  if (data === undefined) return problem ?? <Loading />
  const hasNone = data.tokens.every(({ pending }) => pending)
  const enrolls = me.may.enroll && (isEnrolling ?? (me.byCode && hasNone))
  const listed = data.tokens.filter(({ serial }) => serial !== enrolling)
  const leave = () => {
    setEnrolling(false)
    setEnrollingSerial(null)
  }
  return (
    <Stack gap="xl">
      <div>
        <Title order={1} size="h2">
          {meText.hello(data.user)}
        </Title>
        <Text size="sm" c="dimmed">
          {meText.sessionUntil(localTime(me.expiresAt))}
        </Text>
      </div>
      {problem}
      {isReady ? (
        <Alert color="teal" variant="light" role="status" title={meText.ready}>
          {meText.readyHow}
        </Alert>
      ) : null}
      {enrolls ? (
        <EnrollOwn
          onEnrolled={setEnrollingSerial}
          onCancel={leave}
          onDone={() => {
            leave()
            setReady(true)
          }}
        />
      ) : null}
      <section aria-labelledby="own-tokens">
        <Group justify="space-between" mb="sm">
          <Title order={2} size="h3" id="own-tokens">
            {meText.tokens}
          </Title>
          {me.may.enroll && !enrolls ? (
            <Button
              variant={hasNone ? 'filled' : 'default'}
              onClick={() => {
                setReady(false)
                setEnrolling(true)
              }}
            >
              {meText.enroll}
            </Button>
          ) : null}
        </Group>
        <Stack>
          {listed.length === 0 ? <Text>{meText.noTokens}</Text> : null}
          {listed.map((token) => (
            <OwnToken key={token.serial} token={token} />
          ))}
        </Stack>
      </section>
      <OwnLogins recent={data.recent} />
      {me.may.setPassword ? <OwnPassword /> : null}
    </Stack>
  )
}
