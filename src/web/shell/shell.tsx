/** What stands around every page of administrators: where to go, who is logged in, light or dark. */
import { Burger, Group, Text } from '@mantine/core'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Link, useLocation } from 'wouter'
import type { CommandName } from '../api/client.ts'
import { useMay, useSession } from '../session/session.tsx'
import { shellText } from '../texts/shell_text.ts'
import { SessionButtons } from './session_buttons.tsx'

const PAGES: readonly { path: string; label: string; needs: CommandName }[] = [
  { path: '/', label: shellText.overview, needs: 'server status' },
  { path: '/users', label: shellText.users, needs: 'user list' },
  { path: '/tokens', label: shellText.tokens, needs: 'token list' },
  { path: '/live', label: shellText.live, needs: 'login recent' },
  { path: '/audit', label: shellText.audit, needs: 'audit list' },
  { path: '/clients', label: shellText.clients, needs: 'server status' },
  { path: '/administrators', label: shellText.administrators, needs: 'admin list' },
]

export function Shell({ children }: { children: ReactNode }) {
  const { session, logOut } = useSession()
  const may = useMay()
  const [path] = useLocation()
  const [isOpen, setOpen] = useState(false)
  const before = useRef(path)
  useEffect(() => {
    if (before.current === path) return
    before.current = path
    // The menu of a narrow screen makes place for the page, and keys go on there: unless the page has taken the focus itself.
    setOpen(false)
    const focused = document.activeElement
    if (focused === null || focused === document.body || focused.closest('nav') !== null)
      document.getElementById('page')?.focus()
  }, [path])
  return (
    <div className="shell">
      <a className="skip" href="#page">
        {shellText.skip}
      </a>
      <header className="shell-header">
        <Group gap="sm" wrap="nowrap">
          <Burger
            className="shell-burger"
            opened={isOpen}
            onClick={() => setOpen(!isOpen)}
            aria-label={shellText.menu}
            aria-expanded={isOpen}
            aria-controls="navigation"
            size="sm"
          />
          <img src="/favicon.svg" alt="" width={26} height={26} />
          <Text fw={700} className="shell-product">
            {shellText.product}
          </Text>
        </Group>
        <Group gap="sm" wrap="nowrap">
          <Text size="sm" className="shell-who" title={session.user}>
            {session.user} · {shellText.roles[session.role]}
          </Text>
          <SessionButtons logOut={logOut} />
        </Group>
      </header>
      <nav
        id="navigation"
        className={isOpen ? 'shell-nav is-open' : 'shell-nav'}
        aria-label={shellText.navigation}
      >
        {PAGES.filter(({ needs }) => may(needs)).map(({ path: to, label }) => {
          const isHere = to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`)
          return (
            <Link key={to} href={to} className="shell-link" aria-current={isHere ? 'page' : undefined}>
              {label}
            </Link>
          )
        })}
      </nav>
      <main id="page" tabIndex={-1} className="shell-page">
        {children}
      </main>
    </div>
  )
}
