/** Makes a token: what it is, its QR code, its first OTP. The secret is kept here alone, and gone when it closes. */
import { Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { Link } from 'wouter'
import { call, type Output } from '../api/client.ts'
import { Dialog } from '../parts/dialog.tsx'
import { notify } from '../parts/notices.tsx'
import { tokenPath } from '../parts/paths.ts'
import { commonText } from '../texts/common_text.ts'
import { enrollText } from '../texts/enroll_text.ts'
import { ChooseStep } from './choose_step.tsx'
import { enrollInput } from './enroll_input.ts'
import { LeaveStep } from './leave_step.tsx'
import { ScanStep } from './scan_step.tsx'

type Step =
  | { readonly kind: 'choose' }
  | { readonly kind: 'scan' | 'done'; readonly enrolled: Output<'token enroll'>; readonly isLeaving: boolean }

export interface EnrollDialogProps {
  readonly isOpen: boolean
  /** Empty: not known yet. */
  readonly user: string
  readonly onClose: () => void
}

export function EnrollDialog({ isOpen, user, onClose }: EnrollDialogProps) {
  const [step, setStep] = useState<Step>({ kind: 'choose' })
  const top = useRef<HTMLDivElement>(null)
  const isWaiting = step.kind === 'scan'
  const queries = useQueryClient()
  const isHere = useRef(isOpen)
  // Another step stands where the field was that had the focus.
  useEffect(() => {
    if (step.kind !== 'choose') top.current?.focus()
  }, [step])
  // Gone by the browser's way back: the secret must not come again with the next.
  useEffect(() => {
    isHere.current = isOpen
    if (!isOpen) setStep({ kind: 'choose' })
    return () => {
      isHere.current = false
    }
  }, [isOpen])
  useEffect(() => {
    if (!isWaiting) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [isWaiting])

  const close = () => {
    if (step.kind === 'scan' && !step.isLeaving) setStep({ ...step, isLeaving: true })
    else onClose()
  }
  return (
    <Dialog isOpen={isOpen} onClose={close} title={titleOf(step, user)} isKept>
      {step.kind === 'choose' ? (
        <ChooseStep
          user={user}
          onChosen={async (form) => {
            const enrolled = await call('token enroll', enrollInput(form))
            if (isHere.current) setStep({ kind: 'scan', enrolled, isLeaving: false })
            else notify(enrollText.leftPending(enrolled.token.serial), { isBad: true })
            await queries.invalidateQueries()
          }}
          onCancel={onClose}
        />
      ) : (
        <div ref={top} tabIndex={-1} className="step">
          {step.kind === 'done' ? (
            <Done enrolled={step.enrolled} onClose={onClose} />
          ) : step.isLeaving ? (
            <LeaveStep
              serial={step.enrolled.token.serial}
              onBack={() => setStep({ ...step, isLeaving: false })}
              onLeave={onClose}
            />
          ) : (
            <ScanStep
              enrolled={step.enrolled}
              onConfirmed={() => setStep({ ...step, kind: 'done' })}
              onLeave={close}
            />
          )}
        </div>
      )}
    </Dialog>
  )
}

function titleOf(step: Step, user: string): string {
  if (step.kind === 'choose') return user === '' ? enrollText.title : enrollText.titleFor(user)
  if (step.kind === 'done') return enrollText.done
  return step.isLeaving ? enrollText.leaveTitle : enrollText.scanTitle(step.enrolled.token.serial)
}

function Done({ enrolled: { token }, onClose }: { enrolled: Output<'token enroll'>; onClose: () => void }) {
  return (
    <Stack>
      <Text role="status">{enrollText.doneHow(token.user, token.pinSet)}</Text>
      <Group justify="flex-end">
        <Anchor component={Link} href={tokenPath(token.serial)}>
          {enrollText.toToken}
        </Anchor>
        <Button onClick={onClose}>{commonText.close}</Button>
      </Group>
    </Stack>
  )
}
