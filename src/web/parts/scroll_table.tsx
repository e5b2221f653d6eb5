/** A table that is moved sideways where the window is too narrow for it, by keys too; and the heads of its columns. */
import { Table, type TableProps } from '@mantine/core'

export function ScrollTable({ label, ...table }: TableProps & { readonly label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
    <section className="scroll-x" tabIndex={0} aria-label={label}>
      <Table aria-label={label} {...table} />
    </section>
  )
}

export function Columns({ names }: { names: readonly string[] }) {
  return (
    <Table.Thead>
      <Table.Tr>
        {names.map((name) => (
          <Table.Th key={name} scope="col">
            {name}
          </Table.Th>
        ))}
      </Table.Tr>
    </Table.Thead>
  )
}
