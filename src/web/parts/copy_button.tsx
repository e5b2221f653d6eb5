/** Copies a text, and says so. */
import { Button, CopyButton as Copy } from '@mantine/core'
import { commonText } from '../texts/common_text.ts'

export function CopyButton({ text, label = commonText.copy }: { text: string; label?: string }) {
  return (
    <Copy value={text}>
      {({ copied, copy }) => (
        <Button size="compact-sm" variant="default" onClick={copy}>
          {copied ? commonText.copied : label}
        </Button>
      )}
    </Copy>
  )
}
