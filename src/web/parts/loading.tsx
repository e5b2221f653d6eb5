/** Shown while something is on its way. */
import { Center, Loader } from '@mantine/core'
import { commonText } from '../texts/common_text.ts'

export function Loading() {
  return (
    <Center p="xl" role="status" aria-label={commonText.loading}>
      <Loader />
    </Center>
  )
}
