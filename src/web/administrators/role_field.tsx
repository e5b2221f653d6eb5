/** The role of an administrator, chosen by what it lets him do. */
import { Radio, Stack } from '@mantine/core'
import type { Role } from '../api/commands.gen.ts'
import { ROLES } from '../session/session.tsx'
import { administratorsText } from '../texts/administrators_text.ts'
import { shellText } from '../texts/shell_text.ts'

export function RoleField({ role, onChange }: { role: Role; onChange: (role: Role) => void }) {
  return (
    <Radio.Group label={administratorsText.role} value={role} onChange={(value) => onChange(value as Role)}>
      <Stack gap="xs" mt="xs">
        {ROLES.map((each) => (
          <Radio
            key={each}
            value={each}
            label={shellText.roles[each]}
            description={administratorsText.roleMeans[each]}
          />
        ))}
      </Stack>
    </Radio.Group>
  )
}
