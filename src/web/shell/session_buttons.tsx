/** Light or dark, and the way out: at the top of every page of administrators and of /me. */
import { Button, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { shellText } from '../texts/shell_text.ts'

export function SessionButtons({ logOut }: { logOut: () => Promise<void> }) {
  return (
    <>
      <ThemeButton />
      <Button size="compact-sm" variant="default" onClick={() => void logOut()}>
        {shellText.logOut}
      </Button>
    </>
  )
}

/** Until he chooses, as his system has it. */
function ThemeButton() {
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true })
  const shown = useComputedColorScheme('light')
  const other = shown === 'dark' ? 'light' : 'dark'
  return (
    <Button
      size="compact-sm"
      variant="default"
      onClick={() => setColorScheme(other)}
      aria-label={`${shellText.theme}: ${shellText[other]}`}
    >
      {shellText[other]}
    </Button>
  )
}
