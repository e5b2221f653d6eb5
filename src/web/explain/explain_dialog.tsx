/** The row of the audit trail that the address names (`explain=4711`), explained over whatever page is open. */
import { useEffect, useState } from 'react'
import { useCommand } from '../api/use_command.ts'
import { Dialog } from '../parts/dialog.tsx'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { Loading } from '../parts/loading.tsx'
import { useQuery } from '../parts/use_address.ts'
import { explainText } from '../texts/explain_text.ts'
import { ExplainedLogin } from './explained_login.tsx'

export function ExplainDialog() {
  const [query, change] = useQuery()
  const asked = query.get('explain')
  // It stays while the dialogue goes away.
  const [id, setId] = useState(0)
  useEffect(() => {
    if (asked !== null) setId(/^\d{1,15}$/.test(asked) ? Number(asked) : 0)
  }, [asked])
  return (
    <Dialog
      isOpen={asked !== null}
      onClose={() => change({ explain: null })}
      title={explainText.title}
      size="xl"
    >
      {id === 0 ? <ErrorNotice error={new Error(explainText.notANumber)} /> : <Explanation id={id} />}
    </Dialog>
  )
}

function Explanation({ id }: { id: number }) {
  const { data, error, isPending, refetch } = useCommand('login explain', { id })
  if (isPending) return <Loading />
  if (error !== null) return <ErrorNotice error={error} retry={() => void refetch()} />
  return <ExplainedLogin explained={data} />
}
