/** How the component library is set up. Colours stand in styles.css: variables that are set here would be put into the page. */
import { createTheme, Modal } from '@mantine/core'

export const theme = createTheme({
  respectReducedMotion: true,
  components: {
    // Its lock puts a style into the page, which the policy of the console forbids: styles.css locks the page instead.
    Modal: Modal.extend({ defaultProps: { lockScroll: false } }),
  },
})
