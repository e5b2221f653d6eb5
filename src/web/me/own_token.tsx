/** A token as its owner needs to know it, and what he can do with it. */
import { Badge, Button, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import type { TokenView } from '../api/commands.gen.ts'
import { STATE_COLORS, stateOf } from '../parts/state_of_token.ts'
import { TimeText } from '../parts/time_text.tsx'
import { meText } from '../texts/me_text.ts'
import { useMe } from './me_session.tsx'
import { ConfirmOwn, LostOwn, PinOwn, ResyncOwn } from './own_token_dialogs.tsx'

type Dialogue = 'confirm' | 'pin' | 'resync' | 'lost'

export function OwnToken({ token }: { token: TokenView }) {
  const { may } = useMe()
  const [open, setOpen] = useState<Dialogue | null>(null)
  const { serial, type, active, pending, description } = token
  const isTemporary = type === 'password'
  const state = ownState(token)
  const { label: stateLabel, means } = meText.states[state]
  const actions: readonly { name: Dialogue; label: string; isShown: boolean }[] = [
    { name: 'confirm', label: meText.confirm, isShown: may.enroll && pending },
    {
      name: 'pin',
      label: token.pinSet ? meText.changePin : meText.setPin,
      isShown: may.setPin && active && !isTemporary,
    },
    { name: 'resync', label: meText.resync, isShown: may.resync && active && !isTemporary },
    {
      name: 'lost',
      label: isTemporary ? meText.stop : meText.lost,
      isShown: may.lost && (active || pending),
    },
  ]
  const close = () => setOpen(null)
  return (
    <Paper withBorder p="md" radius="md" component="article" aria-label={meText.tokenNamed(serial)}>
      <Stack gap="xs">
        <Group justify="space-between" gap="xs">
          <Title order={3} size="h4">
            {isTemporary ? meText.temporary : (description ?? meText.app)}
          </Title>
          <Badge variant="light" color={COLORS[state]} radius="sm">
            {stateLabel}
          </Badge>
        </Group>
        <Text size="sm">{means}</Text>
        <Text size="sm">
          {token.pinSet ? meText.withPin : meText.withoutPin} {meText.lastUsed}{' '}
          <TimeText at={token.lastUsedAt} isRelative />.
          {token.validUntil === null ? null : (
            <>
              {' '}
              {meText.validUntil} <TimeText at={token.validUntil} />.
            </>
          )}
        </Text>
        <Text size="sm" c="dimmed">
          {meText.serial} <span className="mono">{serial}</span>
        </Text>
        <Group gap="xs">
          {actions
            .filter(({ isShown }) => isShown)
            .map(({ name, label }) => (
              <Button
                key={name}
                size="sm"
                variant={name === 'confirm' ? 'filled' : 'default'}
                onClick={() => setOpen(name)}
              >
                {label}
              </Button>
            ))}
        </Group>
      </Stack>
      <ConfirmOwn token={token} isOpen={open === 'confirm'} onClose={close} />
      <PinOwn token={token} isOpen={open === 'pin'} onClose={close} />
      <ResyncOwn token={token} isOpen={open === 'resync'} onClose={close} />
      <LostOwn token={token} isOpen={open === 'lost'} onClose={close} />
    </Paper>
  )
}

const COLORS = { ...STATE_COLORS, locked: 'red' }

/** Where it is locked nothing else matters to him, unless it takes no part in logins anyway. */
function ownState(token: TokenView): keyof typeof COLORS {
  const state = stateOf(token, Date.now())
  return token.locked && state !== 'pending' && state !== 'disabled' ? 'locked' : state
}
