/** What the server says is to be done or thought of after a change. */
import { Alert, List } from '@mantine/core'
import { capitalized } from '../parts/error_notice.tsx'
import { administratorsText } from '../texts/administrators_text.ts'
import { commonText } from '../texts/common_text.ts'

export function Notes({ notes, onClose }: { notes: readonly string[]; onClose: () => void }) {
  return (
    <div role="status">
      {notes.length === 0 ? null : (
        <Alert
          color="orange"
          variant="light"
          title={administratorsText.next}
          mb="md"
          withCloseButton
          closeButtonLabel={commonText.close}
          onClose={onClose}
        >
          <List>
            {notes.map((note) => (
              <List.Item key={note}>{capitalized(note)}</List.Item>
            ))}
          </List>
        </Alert>
      )}
    </div>
  )
}
