/** The head of a column by which a table can be sorted: a button that says how it is. */
import { Table, UnstyledButton } from '@mantine/core'

export interface SortHeaderProps<S extends string> {
  readonly label: string
  readonly column: S
  /** The column that it is sorted by now, `-` before it for descending. */
  readonly sort: string
  readonly onSort: (sort: S | `-${S}`) => void
}

export function SortHeader<S extends string>({ label, column, sort, onSort }: SortHeaderProps<S>) {
  const direction = sort === column ? 'ascending' : sort === `-${column}` ? 'descending' : undefined
  return (
    <Table.Th scope="col" aria-sort={direction}>
      <UnstyledButton
        className="sort"
        onClick={() => onSort(direction === 'ascending' ? `-${column}` : column)}
      >
        {label}
        <span aria-hidden="true">
          {direction === undefined ? ' ↕' : direction === 'ascending' ? ' ↑' : ' ↓'}
        </span>
      </UnstyledButton>
    </Table.Th>
  )
}
