/** The login of users to what is theirs: by a registration code of the helpdesk, or by a password. */
import { Anchor, PasswordInput, SegmentedControl, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ApiError, post } from '../api/client.ts'
import { LOG_IN_BUTTON, LoginCard } from '../session/login_card.tsx'
import { NameField } from '../session/name_field.tsx'
import { loginText } from '../texts/login_text.ts'
import { meText } from '../texts/me_text.ts'
import type { RegistrationLink } from './registration_link.ts'

export interface MeLoginProps {
  readonly link: RegistrationLink | null
  readonly isOver: boolean
  readonly onLoggedIn: () => Promise<void>
}

const BEGIN = 'me-user'

export function MeLogin({ link, isOver, onLoggedIn }: MeLoginProps) {
  const [way, setWay] = useState<'code' | 'password'>('code')
  const [user, setUser] = useState(link?.user ?? '')
  const [code, setCode] = useState(link?.code ?? '')
  const [password, setPassword] = useState('')

  const logIn = async () => {
    const proof = way === 'code' ? { code: code.trim() } : { password }
    setPassword('')
    try {
      await post('/me/login', { user: user.trim(), ...proof })
    } catch (failed) {
      throw refusal(failed, way)
    }
    await onLoggedIn()
  }
  return (
    <LoginCard
      heading={meText.heading}
      begin={link === null ? BEGIN : LOG_IN_BUTTON}
      isOver={isOver}
      onSubmit={logIn}
      elsewhere={
        <>
          {meText.administrators} <Anchor href="/">{meText.administratorsLink}</Anchor>
        </>
      }
    >
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
      <NameField id={BEGIN} value={user} onChange={setUser} />
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
    </LoginCard>
  )
}

/** The server says the same whatever is wrong; what helps depends on how he came. */
function refusal(failed: unknown, way: 'code' | 'password'): unknown {
  if (!(failed instanceof ApiError) || failed.status !== 401) return failed
  const hint = way === 'code' ? meText.wrongCodeHint : meText.wrongPasswordHint
  const message = way === 'code' ? meText.wrongCode : meText.wrongPassword
  return new ApiError(failed.status, failed.code, message, hint)
}
