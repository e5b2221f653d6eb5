/** The console: what every page stands in, and which page belongs to which path. Knows no page's insides. */
import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { Route, Switch, useLocation } from 'wouter'
import { ApiError } from './api/client.ts'
import { Loading } from './parts/loading.tsx'
import { Notices } from './parts/notices.tsx'
import { PageBoundary } from './parts/page_boundary.tsx'
import { SessionGate } from './session/session_gate.tsx'
import { Shell } from './shell/shell.tsx'
import { theme } from './theme.ts'

const Administrators = lazy(() => import('./pages/administrators_page.tsx'))
const Audit = lazy(() => import('./pages/audit_page.tsx'))
const Clients = lazy(() => import('./pages/clients_page.tsx'))
const Live = lazy(() => import('./pages/live_page.tsx'))
const Me = lazy(() => import('./me/me_app.tsx'))
const NotFound = lazy(() => import('./pages/not_found_page.tsx'))
const Overview = lazy(() => import('./pages/overview_page.tsx'))
const Token = lazy(() => import('./pages/token_page.tsx'))
const Tokens = lazy(() => import('./pages/tokens_page.tsx'))
const User = lazy(() => import('./pages/user_page.tsx'))
const Users = lazy(() => import('./pages/users_page.tsx'))

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      // What the server refuses, it refuses again; a connection that is gone may be back.
      retry: (count, error) => !(error instanceof ApiError && error.status < 500) && count < 2,
    },
  },
})

export function App() {
  const [path] = useLocation()
  return (
    // Its variables are those of the style sheet: it then puts no style into the page, which the policy of the console forbids.
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queries}>
        <Notices />
        <PageBoundary path={path}>
          <Suspense fallback={<Loading />}>
            <Switch>
              <Route path="/me/*?" component={Me} />
              <Route>
                <SessionGate>
                  <Shell>
                    <PageBoundary path={path}>
                      <Suspense fallback={<Loading />}>
                        <Switch>
                          <Route path="/" component={Overview} />
                          <Route path="/users" component={Users} />
                          <Route path="/users/:user" component={User} />
                          <Route path="/tokens" component={Tokens} />
                          <Route path="/tokens/:serial" component={Token} />
                          <Route path="/live" component={Live} />
                          <Route path="/audit" component={Audit} />
                          <Route path="/clients" component={Clients} />
                          <Route path="/administrators" component={Administrators} />
                          <Route component={NotFound} />
                        </Switch>
                      </Suspense>
                    </PageBoundary>
                  </Shell>
                </SessionGate>
              </Route>
            </Switch>
          </Suspense>
        </PageBoundary>
      </QueryClientProvider>
    </MantineProvider>
  )
}
