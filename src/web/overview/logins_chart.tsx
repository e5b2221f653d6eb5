/** Logins by outcome as stacked bars. One bar at a time is told in words: under the pointer, or by the arrow keys. */
import { Group, Text } from '@mantine/core'
import { type KeyboardEvent, type PointerEvent, useState } from 'react'
import { overviewText as text } from '../texts/overview_text.ts'
import { SERIES, type Series, type Slot, sumOf, totalOf } from './slots.ts'

export interface LoginsChartProps {
  readonly slots: readonly Slot[]
  readonly slotMinutes: number
  /** `hour` */
  readonly range: string
}

const BAR = 10
const HEIGHT = 100
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })
/** What each key makes of the bar that is told of. */
const KEYS: Readonly<Record<string, (index: number, last: number) => number>> = {
  ArrowLeft: (index) => index - 1,
  ArrowDown: (index) => index - 1,
  ArrowRight: (index) => index + 1,
  ArrowUp: (index) => index + 1,
  PageDown: (index) => index - 10,
  PageUp: (index) => index + 10,
  Home: () => 0,
  End: (_, last) => last,
}

export function LoginsChart({ slots, slotMinutes, range }: LoginsChartProps) {
  const [chosen, setChosen] = useState<number | null>(null)
  const last = slots.length - 1
  const most = Math.max(1, ...slots.map(totalOf))
  const slot = chosen === null ? undefined : slots[chosen]
  const press = (event: KeyboardEvent) => {
    const move = KEYS[event.key]
    if (move === undefined) return
    event.preventDefault()
    setChosen(Math.min(last, Math.max(0, move(chosen ?? last + 1, last))))
  }
  const point = (event: PointerEvent) => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    setChosen(Math.min(last, Math.max(0, Math.floor(((event.clientX - left) / width) * slots.length))))
  }
  const words =
    slot === undefined ? `${text.sum(range)}: ${inWords(sumOf(slots))}` : `${timeOf(slot)}: ${inWords(slot)}`
  return (
    <div>
      <Text size="sm" mb="xs" className="logins-chart-words">
        {words}
      </Text>
      <Text size="xs" c="dimmed">
        {text.mostInABar(most, slotMinutes)}
      </Text>
      <div
        className="logins-chart"
        role="slider"
        tabIndex={0}
        aria-label={text.chart}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={chosen ?? last}
        aria-valuetext={words}
        onKeyDown={press}
        onBlur={() => setChosen(null)}
        onPointerMove={point}
        onPointerLeave={() => setChosen(null)}
      >
        <svg viewBox={`0 0 ${slots.length * BAR} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {chosen === null ? null : (
            <rect className="logins-chart-chosen" x={chosen * BAR} y={0} width={BAR} height={HEIGHT} />
          )}
          {slots.map((each, index) => (
            <Bar key={each.at} slot={each} index={index} most={most} />
          ))}
        </svg>
      </div>
      <Group justify="space-between" aria-hidden="true">
        {[0, Math.floor(last / 2), last].map((index) => (
          <Text key={index} size="xs" c="dimmed">
            {slots[index] === undefined ? '' : timeOf(slots[index])}
          </Text>
        ))}
      </Group>
      <Group gap="md" mt="xs">
        {SERIES.map((series) => (
          <Group key={series} gap={6}>
            <span className={`swatch is-${series}`} aria-hidden="true" />
            <Text size="sm">{text.series[series]}</Text>
          </Group>
        ))}
      </Group>
    </div>
  )
}

function Bar({ slot, index, most }: { slot: Slot; index: number; most: number }) {
  let top = HEIGHT
  return SERIES.map((series) => {
    if (slot[series] === 0) return null
    const height = (slot[series] / most) * HEIGHT
    top -= height
    const place = { x: index * BAR + 1, y: top, width: BAR - 2, height }
    return <rect key={series} className={`bar is-${series}`} {...place} />
  })
}

export function timeOf({ at }: Slot): string {
  return TIME.format(new Date(at))
}

/** `12 accepted, 3 rejected`; what there was none of is left out. */
function inWords(counts: Readonly<Record<Series, number>>): string {
  const said = SERIES.filter((series) => counts[series] > 0).map(
    (series) => `${counts[series].toLocaleString('en')} ${text.series[series]}`,
  )
  return said.length === 0 ? text.nothingCame : said.join(', ')
}
