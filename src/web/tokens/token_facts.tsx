/** Everything that is known of a token, in words. */
import type { ReactNode } from 'react'
import type { TokenView } from '../api/commands.gen.ts'
import { Card } from '../parts/card.tsx'
import { Facts } from '../parts/facts.tsx'
import { FailCount } from '../parts/fail_count.tsx'
import { TimeText } from '../parts/time_text.tsx'
import { UserLink } from '../parts/user_link.tsx'
import { tokenText } from '../texts/token_text.ts'

type Row = readonly [string, ReactNode]

export function TokenFacts({ token }: { token: TokenView }) {
  return (
    <div className="cards">
      <Card title={tokenText.logins}>
        <Facts rows={loginRows(token)} />
      </Card>
      {token.type === 'password' ? null : (
        <Card title={tokenText.codes}>
          <Facts rows={codeRows(token)} />
        </Card>
      )}
    </div>
  )
}

function loginRows(token: TokenView): readonly Row[] {
  const { facts } = tokenText
  const { validFrom, validUntil } = token
  return [
    [facts.user, <UserLink key="user" user={token.user} />],
    [facts.description, token.description ?? tokenText.noDescription],
    [facts.pin, tokenText.pin(token.pinSet, token.changePin)],
    [facts.failures, <FailCount key="failures" token={token} />],
    [facts.lastUsed, <TimeText key="used" at={token.lastUsedAt} />],
    [facts.attempts, tokenText.used(token.attemptCount, token.maxAttempts)],
    [facts.successes, tokenText.used(token.successCount, token.maxSuccesses)],
    [facts.validFrom, validFrom === null ? tokenText.always : <TimeText key="from" at={validFrom} />],
    [facts.validUntil, validUntil === null ? tokenText.noEnd : <TimeText key="until" at={validUntil} />],
    [facts.createdAt, <TimeText key="created" at={token.createdAt} />],
  ]
}

function codeRows(token: TokenView): readonly Row[] {
  const { facts } = tokenText
  const isTime = token.period !== null
  return [
    [facts.digits, token.digits],
    [facts.algorithm, token.algorithm?.toUpperCase() ?? ''],
    ...(token.period === null ? [] : [[facts.period, tokenText.seconds(token.period)] as const]),
    [facts.counter, tokenText.counter(token.counter, isTime)],
    [facts.window, tokenText.window(token.window, isTime)],
    [facts.syncWindow, tokenText.window(token.syncWindow, isTime)],
    ...(isTime ? [[facts.drift, tokenText.drift(token.drift)] as const] : []),
  ]
}
