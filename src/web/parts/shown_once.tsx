/** A secret that is shown once, and copied by a button. */
import { Group, Stack, Text } from '@mantine/core'
import { CopyButton } from './copy_button.tsx'

export function ShownOnce({ label, secret }: { label: string; secret: string }) {
  return (
    <Stack gap={4}>
      <Text size="sm" fw={600}>
        {label}
      </Text>
      <Group gap="sm">
        <Text className="mono" size="lg">
          {secret}
        </Text>
        <CopyButton text={secret} />
      </Group>
    </Stack>
  )
}
