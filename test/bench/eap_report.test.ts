import { expect, test } from '@jest/globals'
import type { EapSample } from '../../bench/eap_load.ts'
import { EAP_WAYS, eapReport } from '../../bench/eap_report.ts'

const sample = (serverCpuUs: number): EapSample => ({
  ...{ perSecond: 100, serverCpuUs, clientShare: 1, serverShare: 0.5, requestsEach: 5 },
})
const CONDITIONS = { rounds: 3, seconds: 4, atOnce: 64, machine: [], warning: [] }

test('the ratio is that of the medians of CPU time, against the goal of each way', () => {
  const of = (...us: number[]) => new Map(EAP_WAYS.map(({ name }) => [name, us.map(sample)]))
  const text = eapReport(
    CONDITIONS,
    new Map([
      ['ours', of(9000, 1000, 1250)],
      ['theirs', of(1000, 1000, 5)],
    ]),
  )
  expect(text).toContain('| TLS 1.3, full | ≥ 0.8x | 800/s, 1,250 µs | 1,000/s, 1,000 µs | 0.80x | met |')
  expect(text).toContain(
    '| TLS 1.3, resumed | ≥ 1x | 800/s, 1,250 µs | 1,000/s, 1,000 µs | 0.80x | **not met** |',
  )
})

test('without a peer nothing is compared', () => {
  const text = eapReport(CONDITIONS, new Map([['ours', new Map([['TLS 1.3, full', [sample(1000)]]])]]))
  expect(text).toContain('| TLS 1.3, full | ≥ 0.8x | 1,000/s, 1,000 µs | none | none |')
})
