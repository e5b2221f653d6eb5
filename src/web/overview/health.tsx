/** Whether the server has what it needs: the database, certificates that last, a buffer that is large enough. */
import { Badge, Group, Paper, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Output } from '../api/client.ts'
import { durationText, TimeText } from '../parts/time_text.tsx'
import { overviewText as text } from '../texts/overview_text.ts'

type Status = Output<'server status'>

/** The log warns from then on too. */
const SOON_MS = 30 * 86_400_000

export function Health({ status }: { status: Status }) {
  const {
    database,
    radsec,
    eap,
    console: web,
    listeners,
    version,
    runtime,
    node,
    uptimeSeconds,
    startedAt,
  } = status
  const kernelDrops = listeners.reduce((sum, { kernelDrops }) => sum + (kernelDrops ?? 0), 0)
  return (
    <Paper withBorder p="md" radius="md" component="section" aria-labelledby="health">
      <Title order={2} size="h4" id="health" mb="sm">
        {text.health}
      </Title>
      <dl className="facts">
        <Fact name={text.database}>
          <Mark isGood={database.reachable} word={database.reachable ? text.reachable : text.unreachable} />
          {database.url}
        </Fact>
        {web === undefined ? null : (
          <Fact name={text.consoleCertificate}>
            {web.certificateExpiresAt === null ? (
              text.noTls
            ) : (
              <Certificate until={web.certificateExpiresAt} />
            )}
          </Fact>
        )}
        {radsec?.certificateExpiresAt == null ? null : (
          <Fact name={text.radsecCertificate}>
            <Certificate until={radsec.certificateExpiresAt} />
          </Fact>
        )}
        {eap === null ? null : (
          <Fact name={text.eapCertificate}>
            <Certificate until={eap.validUntil} />
          </Fact>
        )}
        {kernelDrops === 0 ? null : <Fact name={text.kernelDrops}>{text.kernelDropsHint(kernelDrops)}</Fact>}
        <Fact name={text.node}>{node}</Fact>
        <Fact name={text.version}>
          {version}, {runtime}
        </Fact>
        <Fact name={text.uptime}>
          {durationText(uptimeSeconds)}, {text.since} <TimeText at={startedAt} />
        </Fact>
        <Fact name={text.listening}>{listeners.map(({ address }) => address).join(', ')}</Fact>
      </dl>
    </Paper>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <Group gap="xs">{children}</Group>
      </dd>
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
    <>
      <Mark
        isGood={leftMs > SOON_MS}
        word={leftMs > SOON_MS ? text.valid : leftMs > 0 ? text.endsSoon : text.ended}
      />
      <span>
        {text.until} <TimeText at={until} />
      </span>
    </>
  )
}
