/** How the component library is set up. Colours stand in styles.css: variables that are set here would be put into the page. */
import { createTheme } from '@mantine/core'

export const theme = createTheme({
  respectReducedMotion: true,
})
