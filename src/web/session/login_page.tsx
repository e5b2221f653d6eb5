/** The login of administrators: name, password, OTP. */
import { Anchor, PasswordInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import { post } from '../api/client.ts'
import { useTitle } from '../parts/use_title.ts'
import { loginText } from '../texts/login_text.ts'
import { LoginCard } from './login_card.tsx'
import { NameField } from './name_field.tsx'

const BEGIN = 'login-user'

export function LoginPage({ isOver, onLoggedIn }: { isOver: boolean; onLoggedIn: () => Promise<void> }) {
  const [user, setUser] = useState('')
  const [password, setPassword] = useState('')
  const [otp, setOtp] = useState('')
  useTitle(loginText.title)

  const logIn = async () => {
    // An OTP counts once, right or wrong.
    setOtp('')
    await post('/session/login', { user: user.trim(), password, otp: otp.replace(/\s/g, '') })
    await onLoggedIn()
  }
  return (
    <LoginCard
      heading={loginText.heading}
      begin={BEGIN}
      isOver={isOver}
      onSubmit={logIn}
      elsewhere={
        <>
          {loginText.yourOwn} <Anchor href="/me">{loginText.yourOwnLink}</Anchor>
        </>
      }
    >
      <NameField id={BEGIN} value={user} onChange={setUser} />
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
    </LoginCard>
  )
}
