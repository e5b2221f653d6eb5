/** Whether the server has what it needs: the database, certificates that last, a buffer that is large enough. */
import { Badge, Group } from '@mantine/core'
import type { Output } from '../api/client.ts'
import { Card } from '../parts/card.tsx'
import { Facts } from '../parts/facts.tsx'
import { durationText, TimeText } from '../parts/time_text.tsx'
import { overviewText as text } from '../texts/overview_text.ts'

type Status = Output<'server status'>

/** The log warns from then on too. */
const SOON_MS = 30 * 86_400_000

export function Health({ status }: { status: Status }) {
  const { database, listeners, version, runtime, node, uptimeSeconds, startedAt } = status
  const kernelDrops = listeners.reduce((sum, { kernelDrops }) => sum + (kernelDrops ?? 0), 0)
  return (
    <Card title={text.health}>
      <Facts
        rows={[
          [text.database, <Database key="database" {...database} />],
          ...CERTIFICATES.flatMap(([name, untilOf]) => {
            const until = untilOf(status)
            if (until === undefined) return []
            return [[name, until === null ? text.noTls : <Certificate key={name} until={until} />] as const]
          }),
          ...(kernelDrops === 0 ? [] : [[text.kernelDrops, text.kernelDropsHint(kernelDrops)] as const]),
          [text.node, node],
          [text.version, `${version}, ${runtime}`],
          [text.uptime, <Uptime key="uptime" seconds={uptimeSeconds} since={startedAt} />],
          [text.listening, listeners.map(({ address }) => address).join(', ')],
        ]}
      />
    </Card>
  )
}

/** Undefined: there is none, for it is off. Null: it needs none. */
const CERTIFICATES: readonly (readonly [string, (status: Status) => string | null | undefined])[] = [
  [text.consoleCertificate, ({ console: web }) => web?.certificateExpiresAt],
  [text.radsecCertificate, ({ radsec }) => radsec?.certificateExpiresAt ?? undefined],
  [text.eapCertificate, ({ eap }) => eap?.validUntil],
]

function Database({ url, reachable }: Status['database']) {
  return (
    <Group gap="xs">
      <Mark isGood={reachable} word={reachable ? text.reachable : text.unreachable} />
      <span>{url}</span>
    </Group>
  )
}

function Uptime({ seconds, since }: { seconds: number; since: string }) {
  return (
    <>
      {durationText(seconds)}, {text.since} <TimeText at={since} />
    </>
  )
}

function Mark({ isGood, word }: { isGood: boolean; word: string }) {
  return (
    <Badge variant="light" radius="sm" color={isGood ? 'teal' : 'red'}>
      {word}
    </Badge>
  )
}

function Certificate({ until }: { until: string }) {
  const leftMs = Date.parse(until) - Date.now()
  return (
    <Group gap="xs">
      <Mark
        isGood={leftMs > SOON_MS}
        word={leftMs > SOON_MS ? text.valid : leftMs > 0 ? text.endsSoon : text.ended}
      />
      <span>
        {text.until} <TimeText at={until} />
      </span>
    </Group>
  )
}
