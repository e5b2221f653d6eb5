/** What a load run found, in words, as a histogram in plain characters, and as an object. */
import type { LatencyHistogram } from '../load/latency_histogram.ts'
import type { Load, LoadCounts, LoadResult } from '../load/load.ts'
import { block } from './layout.ts'
import { formatEndpoint } from './radius_target.ts'

/** Columns of the longest bar: with its boundaries and its share, a line has 80 at most. */
const BAR_COLUMNS = 46

export function describeLoad(load: Load, result: LoadResult, advice: string | null): string[] {
  const { latency, counts } = result
  const quantile = (q: number) => formatUs(latency.quantileUs(q))
  return [
    ...block([
      ['load', `${formatPace(load)} on ${formatEndpoint(load.server)}, for ${round(result.seconds, 1)} s`],
      ['throughput', `${formatCount(perSecond(result))} replies a second`],
      [
        'latency',
        `p50 ${quantile(0.5)}, p99 ${quantile(0.99)}, p99.9 ${quantile(0.999)}, longest ${formatUs(latency.maxUs)}`,
      ],
      ['sent', formatCount(counts.sent)],
      ['accepts', formatCount(counts.accepts)],
      ['rejects', formatCount(counts.rejects)],
      ['timeouts', formatCount(counts.timeouts)],
      ['invalid', `${formatCount(counts.invalid)}${counts.invalid > 0 ? WRONG_SECRET : ''}`],
      ...rarities(counts).map(([label, count, what]): [string, string] => [
        label,
        `${formatCount(count)} ${what}`,
      ]),
    ]),
    ...(advice === null ? [] : [advice]),
    ...(latency.count === 0 ? [] : ['', ...drawHistogram(latency)]),
  ]
}

const WRONG_SECRET = ' replies with wrong authenticators: another shared secret, or forged ones'

/** Said only when there are any. */
function rarities(counts: LoadCounts): [string, number, string][] {
  const all: [string, number, string][] = [
    ['challenges', counts.challenges, ''],
    ['others', counts.others, 'replies of other codes'],
    ['unsigned', counts.unsigned, 'replies without Message-Authenticator, which can be forged'],
    ['sent again', counts.retransmissions, 'times'],
    ['stray', counts.stray, 'replies that came too late or twice'],
    ['refused', counts.refused, 'times nothing listened'],
    ['unsent', counts.unsent, 'were due, and had no identifier or user left'],
  ]
  return all.filter(([, count]) => count > 0)
}

/** For --json. */
export function loadObject(load: Load, result: LoadResult): object {
  const { latency, counts, seconds, answered, sockets } = result
  const { pace } = load
  return {
    server: formatEndpoint(load.server),
    outstanding: pace.kind === 'outstanding' ? pace.requests : null,
    rate: pace.kind === 'rate' ? pace.perSecond : null,
    sockets,
    seconds: round(seconds, 3),
    answered,
    perSecond: round(perSecond(result), 1),
    latencyUs: {
      mean: round(latency.meanUs, 1),
      p50: Math.round(latency.quantileUs(0.5)),
      p90: Math.round(latency.quantileUs(0.9)),
      p99: Math.round(latency.quantileUs(0.99)),
      p999: Math.round(latency.quantileUs(0.999)),
      max: Math.round(latency.maxUs),
    },
    counts,
    histogram: barsOf(latency),
  }
}

function perSecond({ answered, seconds }: LoadResult): number {
  return seconds === 0 ? 0 : answered / seconds
}

/** One line for each interval from the shortest latency to the longest: `4 ms - 5 ms  ####  38.2 %`. */
export function drawHistogram(latency: LatencyHistogram): string[] {
  const bars = barsOf(latency)
  const most = Math.max(...bars.map(({ count }) => count))
  return bars.map(({ fromUs, toUs, count }) => {
    const length = Math.round((count / most) * BAR_COLUMNS)
    // What is there at all is seen, if only as a dot.
    const drawn = length > 0 ? '#'.repeat(length) : count > 0 ? '.' : ''
    const share = `${((count / latency.count) * 100).toFixed(count === latency.count ? 0 : 2)} %`
    return `${formatUs(fromUs).padStart(7)} - ${formatUs(toUs).padStart(7)}  ${drawn.padEnd(BAR_COLUMNS)} ${share.padStart(8)}`
  })
}

const FINE = [1, 1.5, 2, 3, 4, 5, 6, 8]
const COARSE = [1, 2, 5]
/** More lines than this, and the steps are taken larger. */
const MAX_BARS = 24

/** From the first that is not empty to the last. */
function barsOf(latency: LatencyHistogram): ReturnType<LatencyHistogram['bars']> {
  const bars = nonEmpty(latency.bars(boundaries(FINE)))
  return bars.length <= MAX_BARS ? bars : nonEmpty(latency.bars(boundaries(COARSE)))
}

function nonEmpty(bars: ReturnType<LatencyHistogram['bars']>): ReturnType<LatencyHistogram['bars']> {
  const first = bars.findIndex(({ count }) => count > 0)
  const last = bars.findLastIndex(({ count }) => count > 0)
  return first === -1 ? [] : bars.slice(first, last + 1)
}

/** From 0 and 10 µs to 1000 s. */
function boundaries(steps: readonly number[]): number[] {
  const decades = Array.from({ length: 8 }, (_, decade) => 10 ** (decade + 1))
  return [0, ...decades.flatMap((decade) => steps.map((step) => step * decade)), 10 ** 9]
}

function formatUs(us: number): string {
  if (us < 1000) return `${Math.round(us)} us`
  return us < 1_000_000 ? `${significant(us / 1000)} ms` : `${significant(us / 1_000_000)} s`
}

function significant(value: number): string {
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)))
}

function formatPace({ pace }: Load): string {
  return pace.kind === 'rate'
    ? `${formatCount(pace.perSecond)} requests a second`
    : `${formatCount(pace.requests)} outstanding`
}

function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
