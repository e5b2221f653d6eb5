/** The secret of a new token, in groups as people type them. */
import { Group, Stack, Text } from '@mantine/core'
import { CopyButton } from './copy_button.tsx'

export interface SecretByHandProps {
  readonly label: string
  /** Base32. */
  readonly secret: string
  readonly copyLabel?: string
}

export function SecretByHand({ label, secret, copyLabel }: SecretByHandProps) {
  return (
    <Stack gap={4}>
      <Text size="sm">{label}</Text>
      <Group gap="xs">
        <Text className="mono" size="sm">
          {secret.match(/.{1,4}/g)?.join(' ')}
        </Text>
        <CopyButton text={secret} {...(copyLabel === undefined ? {} : { label: copyLabel })} />
      </Group>
    </Stack>
  )
}
