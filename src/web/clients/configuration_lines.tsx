/** Lines for the configuration, to be copied there. */
import { Code, Stack, Text } from '@mantine/core'
import { CopyButton } from '../parts/copy_button.tsx'
import { clientsText } from '../texts/clients_text.ts'

export function ConfigurationLines({ means, lines }: { means: string; lines: readonly string[] }) {
  const text = lines.join('\n')
  return (
    <Stack gap={4} align="flex-start">
      <Text size="sm">{means}</Text>
      <Code block className="lines">
        {text}
      </Code>
      <CopyButton text={`${text}\n`} label={clientsText.copyLines} />
    </Stack>
  )
}
