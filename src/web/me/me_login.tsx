/** The login of users to what is theirs: by a registration code of the helpdesk, or by a password. */
import {
  Anchor,
  Button,
  Paper,
  PasswordInput,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { type FormEvent, useEffect, useState } from 'react'
import { ApiError, post } from '../api/client.ts'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { loginText } from '../texts/login_text.ts'
import { meText } from '../texts/me_text.ts'
import type { RegistrationLink } from './registration_link.ts'

export interface MeLoginProps {
  readonly link: RegistrationLink | null
  readonly isOver: boolean
  readonly onLoggedIn: () => Promise<void>
}

export function MeLogin({ link, isOver, onLoggedIn }: MeLoginProps) {
  const [way, setWay] = useState<'code' | 'password'>('code')
  const [user, setUser] = useState(link?.user ?? '')
  const [code, setCode] = useState(link?.code ?? '')
  const [password, setPassword] = useState('')
  const [error, setError] = useState<unknown>(null)
  const [isBusy, setBusy] = useState(false)
  useEffect(() => document.getElementById(link === null ? 'me-user' : 'me-log-in')?.focus(), [link])

  const logIn = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      const proof = way === 'code' ? { code: code.trim() } : { password }
      await post('/me/login', { user: user.trim(), ...proof })
      await onLoggedIn()
    } catch (failed) {
      setError(refusal(failed, way))
      setPassword('')
      setBusy(false)
    }
  }
  return (
    <main className="login">
      <Paper withBorder p="lg" radius="md" className="login-card">
        <form onSubmit={logIn}>
          <Stack>
            <Title order={1} size="h2">
              {meText.heading}
            </Title>
            {isOver && error === null ? <Text role="status">{meText.over}</Text> : null}
            <Text size="sm">{link === null ? meText.intro : meText.linkIntro}</Text>
            <SegmentedControl
              fullWidth
              aria-label={meText.way}
              value={way}
              onChange={(next) => setWay(next as typeof way)}
              transitionDuration={0}
              data={[
                { value: 'code', label: meText.byCode },
                { value: 'password', label: meText.byPassword },
              ]}
            />
            <TextInput
              id="me-user"
              label={loginText.user}
              value={user}
              onChange={(event) => setUser(event.currentTarget.value)}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
            />
            {way === 'code' ? (
              <TextInput
                label={meText.code}
                description={meText.codeHint}
                placeholder="ABCD-EFGH-IJKL-MNOP"
                value={code}
                onChange={(event) => setCode(event.currentTarget.value)}
                autoComplete="off"
                autoCapitalize="characters"
                spellCheck={false}
                required
              />
            ) : (
              <PasswordInput
                label={loginText.password}
                description={meText.passwordHint}
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
                autoComplete="current-password"
                required
              />
            )}
            {error === null ? null : <ErrorNotice error={error} />}
            <Button id="me-log-in" type="submit" size="md" loading={isBusy} fullWidth>
              {loginText.logIn}
            </Button>
            <Text size="sm">
              {meText.administrators} <Anchor href="/">{meText.administratorsLink}</Anchor>
            </Text>
          </Stack>
        </form>
      </Paper>
    </main>
  )
}

/** The server says the same whatever is wrong; what helps depends on how he came. */
function refusal(failed: unknown, way: 'code' | 'password'): unknown {
  if (!(failed instanceof ApiError) || failed.status !== 401) return failed
  const hint = way === 'code' ? meText.wrongCodeHint : meText.wrongPasswordHint
  return new ApiError(
    failed.status,
    failed.code,
    way === 'code' ? meText.wrongCode : meText.wrongPassword,
    hint,
  )
}
