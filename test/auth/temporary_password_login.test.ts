import { describe } from '@jest/globals'
import { accepted, failed, rejected, spentAt, testLogins } from './login_rows.ts'
import { makeToken, NOW, otpAt } from './make_token.ts'

// `token lost` (spec/authentication.md, "Token management").
const A = makeToken({ serial: 'A', pin: '1234' })

describe('the temporary password', () => {
  const lost = { ...A, active: false }
  const temporary = makeToken({ serial: 'T', kind: 'password', pin: '1234', validUntil: NOW + 10 })
  const { password } = temporary.state as { password: string }
  testLogins([
    {
      name: 'is accepted behind the PIN in the place of the OTP',
      given: { tokens: [lost, temporary], logins: [`1234${password}`] },
      expect: { verdicts: [accepted('T')], changes: { T: spentAt(0) } },
    },
    {
      name: 'is accepted as often as it is used, until its validity ends',
      given: {
        tokens: [temporary],
        logins: [
          `1234${password}`,
          { at: NOW + 10, password: `1234${password}` },
          { at: NOW + 11, password: `1234${password}` },
        ],
      },
      expect: {
        verdicts: [accepted('T'), accepted('T'), rejected('token-expired', 'T')],
        changes: { T: { ...spentAt(1, NOW + 10), attemptCount: 2, successCount: 2 } },
      },
    },
    {
      name: 'is not accepted without the PIN',
      given: { tokens: [temporary], logins: [password] },
      expect: { verdicts: [rejected('wrong-pin', 'T')], changes: { T: failed(1) } },
    },
    {
      name: 'counts as failed when it is wrong, and is not taken for an OTP out of sync',
      given: { tokens: [temporary], logins: ['1234AAAAAAAAAA'] },
      expect: { verdicts: [rejected('wrong-otp', 'T')], changes: { T: failed(1) } },
    },
    {
      name: 'is not accepted in lower case',
      given: { tokens: [temporary], logins: [`1234${password.toLowerCase()}`] },
      expect: { verdicts: [rejected('wrong-otp', 'T')], changes: { T: failed(1) } },
    },
    {
      name: 'does not bring the lost token back',
      given: { tokens: [lost, temporary], logins: [`1234${otpAt(A, 0)}`] },
      expect: { verdicts: [rejected('wrong-pin', 'T')], changes: { T: failed(1) } },
    },
  ])
})
