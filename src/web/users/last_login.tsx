/** How the last login ended, in plain words; if it failed, what helps, with a button for whatever this page can do. */
import { Group, Stack, Text } from '@mantine/core'
import type { Output } from '../api/client.ts'
import type { TokenView } from '../api/commands.gen.ts'
import { useCommand } from '../api/use_command.ts'
import { ExplainLink } from '../explain/explain_link.tsx'
import { capitalized } from '../parts/error_notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { relative } from '../parts/time_text.tsx'
import { useTick } from '../parts/use_tick.ts'
import { userText } from '../texts/user_text.ts'
import { AdviceButton } from './advice_button.tsx'
import { FixButton } from './fix_button.tsx'

export type Recent = Output<'user show'>['recent']

export interface LastLoginProps {
  readonly user: string
  readonly tokens: readonly TokenView[]
  readonly recent: Recent
}

const SAID: Readonly<Record<string, { title: (ago: string) => string; tone: 'good' | 'warn' }>> = {
  accept: { title: userText.worked, tone: 'good' },
  challenge: { title: userText.askedBack, tone: 'warn' },
}

export function LastLogin({ user, tokens, recent }: LastLoginProps) {
  useTick()
  const last = recent.find(({ action }) => action === 'login')
  if (last === undefined) {
    return (
      <Panel title={userText.noLogin} tone="plain" label={userText.lastLogin}>
        <Text>{userText.noLoginHint}</Text>
      </Panel>
    )
  }
  const { title, tone } = SAID[last.outcome] ?? { title: userText.failed, tone: 'bad' }
  return (
    <Panel title={title(relative(last.at, Date.now()))} tone={tone} label={userText.lastLogin}>
      <Text>
        {capitalized(last.explanation)} <ExplainLink id={last.id} text={userText.why} />
      </Text>
      {last.outcome === 'reject' ? <WhatHelps user={user} tokens={tokens} row={last} /> : null}
    </Panel>
  )
}

/** Advice whose command the server offers as a fix, as long as it is needed. */
const BY_FIX: readonly string[] = ['token reset-fail-count', 'token set-limits', 'token set']

interface WhatHelpsProps {
  readonly user: string
  readonly tokens: readonly TokenView[]
  readonly row: Recent[number]
}

function WhatHelps({ user, tokens, row }: WhatHelpsProps) {
  const { data } = useCommand('login explain', { id: row.id })
  const { fix } = row
  const named = tokens.filter(({ serial }) => row.serials.includes(serial))
  const isEnabled = named.some(({ active }) => active)
  const advice = (data?.advice ?? [])
    .map(({ text, command }) => ({ text, verb: verbOf(command) }))
    .filter(
      ({ text, verb }, index, all) =>
        all.findIndex((each) => each.text === text) === index && verb !== fix?.command,
    )
    .filter(({ verb }) => verb === null || !BY_FIX.includes(verb))
    .filter(({ verb }) => !(row.reason === 'token-disabled' && (isEnabled || verb === 'token confirm')))
  if (data !== undefined && fix === null && advice.length === 0) return <Text>{userText.mended}</Text>
  return (
    <Stack gap="xs">
      {fix === null ? null : <FixButton fix={fix} />}
      {advice.map(({ text, verb }) => (
        <Group key={text} gap="sm">
          <Text>{capitalized(text)}</Text>
          {verb === null ? null : <AdviceButton verb={verb} user={user} tokens={named} />}
        </Group>
      ))}
    </Stack>
  )
}

/** Of `sallyport token resync SERIAL OTP1 OTP2`: `token resync`. */
function verbOf(command: string | null): string | null {
  return command === null ? null : command.split(' ').slice(1, 3).join(' ')
}
