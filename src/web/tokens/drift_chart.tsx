/** How the clock of a TOTP token has gone, drawn; the same as a table for those who rather read, or have to. */
import { Table, Text, Title } from '@mantine/core'
import type { Output } from '../api/client.ts'
import { useCommand } from '../api/use_command.ts'
import { Columns } from '../parts/scroll_table.tsx'
import { localTime, TimeText } from '../parts/time_text.tsx'
import { tokenText as said } from '../texts/token_text.ts'

/** Rows of the audit trail that are asked for: enough for a year of a daily login. */
const ROWS = 500

export function TokenClock({ serial }: { serial: string }) {
  const { data } = useCommand('token history', { serial, limit: ROWS })
  if (data === undefined) return null
  const points = data.drift.toReversed()
  return (
    <section aria-labelledby="clock">
      <Title order={2} size="h4" id="clock" mb="sm">
        {said.clock}
      </Title>
      {points.length === 0 ? <Text>{said.clockNone}</Text> : <DriftChart points={points} />}
    </section>
  )
}

type Points = Output<'token history'>['drift']

const [WIDTH, HEIGHT] = [360, 140]
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 10, 10, 22]

/** `points`: oldest first, one at least. */
export function DriftChart({ points }: { points: Points }) {
  const times = points.map(({ at }) => Date.parse(at))
  const seconds = points.map((point) => point.seconds)
  const [least, most] = [Math.min(0, ...seconds), Math.max(0, ...seconds)]
  const [begun, ended] = [times[0] ?? 0, times.at(-1) ?? 0]
  const x = (time: number) => LEFT + ratio(time - begun, ended - begun) * (WIDTH - LEFT - RIGHT)
  const y = (value: number) => HEIGHT - BOTTOM - ratio(value - least, most - least) * (HEIGHT - TOP - BOTTOM)
  const [first, last] = [seconds[0] ?? 0, seconds.at(-1) ?? 0]
  const summary = said.clockChart(
    said.drift(first),
    said.drift(last),
    said.clockSeconds(Math.min(...seconds)),
    said.clockSeconds(Math.max(...seconds)),
  )
  return (
    <>
      <svg className="chart" role="img" aria-label={summary} viewBox={`0 0 ${WIDTH} ${HEIGHT}`}>
        {[...new Set([least, 0, most])].map((value) => (
          <g key={value}>
            <line className="chart-grid" x1={LEFT} x2={WIDTH - RIGHT} y1={y(value)} y2={y(value)} />
            <text className="chart-text" x={LEFT - 6} y={y(value) + 4} textAnchor="end">
              {said.clockSeconds(value)}
            </text>
          </g>
        ))}
        <polyline
          className="chart-line"
          points={points.map((point, i) => `${x(times[i] ?? 0)},${y(point.seconds)}`).join(' ')}
        />
        {points.map(({ at, seconds: value, steps }, i) => (
          <circle
            key={`${at} ${value}`}
            className={steps === null ? 'chart-mark is-set' : 'chart-mark'}
            cx={x(times[i] ?? 0)}
            cy={y(value)}
            r={steps === null ? 5 : 3}
          >
            <title>{`${localTime(at)}: ${said.drift(value)}`}</title>
          </circle>
        ))}
        <text className="chart-text" x={LEFT} y={HEIGHT - 6}>
          {new Date(begun).toLocaleDateString()}
        </text>
        <text className="chart-text" x={WIDTH - RIGHT} y={HEIGHT - 6} textAnchor="end">
          {new Date(ended).toLocaleDateString()}
        </text>
      </svg>
      <Text size="sm">{summary}</Text>
      <details>
        <summary>{said.clockTable}</summary>
        <DriftTable points={points} />
      </details>
    </>
  )
}

function DriftTable({ points }: { points: Points }) {
  return (
    <Table aria-label={said.clock}>
      <Columns names={[said.clockColumns.at, said.clockColumns.drift, said.clockColumns.how]} />
      <Table.Tbody>
        {points.toReversed().map(({ at, seconds, steps }) => (
          <Table.Tr key={`${at} ${seconds}`}>
            <Table.Td>
              <TimeText at={at} />
            </Table.Td>
            <Table.Td>{said.drift(seconds)}</Table.Td>
            <Table.Td>{steps === null ? said.clockByHand : said.clockByLogin}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

/** Of a span that may be nothing: then all is in the middle. */
function ratio(part: number, whole: number): number {
  return whole === 0 ? 0.5 : part / whole
}
