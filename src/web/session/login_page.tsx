/** The login of administrators: name, password, OTP. */
import { Anchor, Button, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { type FormEvent, useEffect, useState } from 'react'
import { post } from '../api/client.ts'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { useTitle } from '../parts/use_title.ts'
import { loginText } from '../texts/login_text.ts'

export function LoginPage({ isOver, onLoggedIn }: { isOver: boolean; onLoggedIn: () => Promise<void> }) {
  const [user, setUser] = useState('')
  const [password, setPassword] = useState('')
  const [otp, setOtp] = useState('')
  const [error, setError] = useState<unknown>(null)
  const [isBusy, setBusy] = useState(false)
  useTitle(loginText.title)
  useEffect(() => document.getElementById('login-user')?.focus(), [])

  const logIn = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      await post('/session/login', { user: user.trim(), password, otp: otp.replace(/\s/g, '') })
      await onLoggedIn()
    } catch (failed) {
      setError(failed)
      // An OTP counts once, right or wrong.
      setOtp('')
      setBusy(false)
    }
  }
  return (
    <main className="login">
      <Paper withBorder p="xl" radius="md" className="login-card">
        <form onSubmit={logIn}>
          <Stack>
            <Title order={1} size="h2">
              {loginText.heading}
            </Title>
            {isOver && error === null ? <Text role="status">{loginText.over}</Text> : null}
            <TextInput
              id="login-user"
              label={loginText.user}
              value={user}
              onChange={(event) => setUser(event.currentTarget.value)}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
            />
            <PasswordInput
              label={loginText.password}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              autoComplete="current-password"
              required
            />
            <TextInput
              label={loginText.otp}
              description={loginText.otpHint}
              value={otp}
              onChange={(event) => setOtp(event.currentTarget.value)}
              autoComplete="one-time-code"
              inputMode="numeric"
              required
            />
            {error === null ? null : <ErrorNotice error={error} />}
            <Button type="submit" loading={isBusy} fullWidth>
              {loginText.logIn}
            </Button>
            <Text size="sm">
              {loginText.yourOwn} <Anchor href="/me">{loginText.yourOwnLink}</Anchor>
            </Text>
          </Stack>
        </form>
      </Paper>
    </main>
  )
}
