/**
 * FreeRADIUS as a peer, with nothing but the modules that it needs: a static password from its `files` module without any
 * write; or users in PostgreSQL and one durable write for each login, a row of history and a counter in one statement.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { userName } from './load_client.ts'
import type { SubjectName } from './options.ts'
import { type Postgres, query } from './postgres.ts'
import { type Subject, startProgram } from './subject.ts'

export const PASSWORD = 'secret-password'
const THREADS = 32

interface Peer {
  readonly directory: string
  readonly secret: string
  readonly users: number
}

export async function startFreeradiusFiles({ directory, secret, users }: Peer): Promise<Subject> {
  mkdirSync(directory, { recursive: true })
  const lines = Array.from(
    { length: users },
    (_, i) => `${userName(i)} Cleartext-Password := "${PASSWORD}"\n`,
  )
  writeFileSync(join(directory, 'users'), lines.join(''))
  const modules = `files {\n usersfile = ${directory}/users\n }`
  const site = { authorize: 'files', postAuth: '' }
  return await startFreeradius(
    'freeradius-files',
    'FreeRADIUS, static password from `files`, no write',
    { directory, secret },
    modules,
    site,
  )
}

export async function startFreeradiusPostgres(
  peer: Peer & { readonly postgres: Postgres },
): Promise<Subject> {
  const { directory, secret, users, postgres } = peer
  mkdirSync(directory, { recursive: true })
  const url = await postgres.createDatabase('freeradius_bench')
  await query(url, SCHEMA)
  await query(
    url,
    `INSERT INTO radcheck (username, attribute, op, value)
     SELECT 'u' || lpad(n::text, 6, '0'), 'Cleartext-Password', ':=', $1 FROM generate_series(0, $2::int - 1) n`,
    [PASSWORD, users],
  )
  await query(url, 'INSERT INTO counters SELECT username, 0 FROM radcheck')
  await query(url, 'ANALYZE')
  const site = { authorize: 'sql', postAuth: 'sql' }
  return await startFreeradius(
    'freeradius-postgres',
    'FreeRADIUS and PostgreSQL, one write per login',
    { directory, secret },
    sqlModule(postgres),
    site,
  )
}

const SCHEMA = `
  CREATE TABLE radcheck (id bigserial PRIMARY KEY, username text NOT NULL UNIQUE, attribute text, op text, value text);
  CREATE TABLE counters (username text PRIMARY KEY, counter bigint NOT NULL) WITH (fillfactor = 80);
  CREATE TABLE radpostauth (id bigserial PRIMARY KEY, username text, reply text, authdate timestamptz)`

/** One read and one write for each login: no groups, no profiles, a connection for each thread. */
function sqlModule({ port, user, password }: Postgres): string {
  return `sql {
    driver = "rlm_sql_postgresql"
    dialect = "postgresql"
    server = "127.0.0.1"
    port = ${port}
    login = "${user}"
    password = "${password}"
    radius_db = "freeradius_bench"
    read_groups = no
    read_profiles = no
    read_clients = no
    pool {
      start = ${THREADS}
      min = ${THREADS}
      max = ${THREADS}
      spare = 0
      uses = 0
      lifetime = 0
      idle_timeout = 0
      cleanup_interval = 0
    }
    sql_user_name = "%{User-Name}"
    authorize_check_query = "SELECT id, username, attribute, value, op FROM radcheck WHERE username = '%{SQL-User-Name}'"
    post-auth {
      reference = "query"
      query = "WITH counted AS (UPDATE counters SET counter = counter + 1 WHERE username = '%{SQL-User-Name}') \\
        INSERT INTO radpostauth (username, reply, authdate) VALUES ('%{SQL-User-Name}', '%{reply:Packet-Type}', now())"
    }
  }`
}

/** What its server does with a request; `more`: other servers. */
export interface Site {
  readonly authorize: string
  readonly authenticate?: string
  readonly postAuth: string
  readonly more?: string
}

export async function startFreeradius(
  name: SubjectName,
  title: string,
  { directory, secret }: Pick<Peer, 'directory' | 'secret'>,
  modules: string,
  site: Site,
): Promise<Subject> {
  const port = await freePort()
  writeFileSync(join(directory, 'radiusd.conf'), configuration(directory, port, secret, modules, site))
  writeFileSync(join(directory, 'dictionary'), '')
  const args = ['-f', '-d', directory, '-D', '/usr/share/freeradius', '-l', 'stdout']
  const started = await startProgram('freeradius', args, {
    ready: /Ready to process requests/,
    logFile: join(directory, 'stderr.log'),
  })
  await sleep(100)
  return {
    name,
    title,
    address: `127.0.0.1:${port}`,
    pid: started.pid,
    password: PASSWORD,
    stop: started.stop,
  }
}

/** Without a log of logins, proxying or accounting: as fast as it can be while it does what is asked. */
function configuration(
  directory: string,
  port: number,
  secret: string,
  modules: string,
  { authorize, authenticate = '', postAuth, more = '' }: Site,
): string {
  return `
name = radiusd
prefix = /usr
confdir = ${directory}
logdir = ${directory}
run_dir = ${directory}
raddbdir = ${directory}
radacctdir = ${directory}
libdir = /usr/lib/freeradius
max_request_time = 30
cleanup_delay = 5
max_requests = 65536
hostname_lookups = no
proxy_requests = no
log {
  destination = stdout
  auth = no
  stripped_names = no
}
security {
  max_attributes = 200
  reject_delay = 0
  status_server = no
}
thread pool {
  start_servers = ${THREADS}
  max_servers = ${THREADS}
  min_spare_servers = ${THREADS}
  max_spare_servers = ${THREADS}
  max_requests_per_server = 0
  auto_limit_acct = no
}
client bench {
  ipaddr = 127.0.0.1
  secret = "${secret}"
  require_message_authenticator = yes
}
modules {
  pap {
  }
  ${modules}
}
server default {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${port}
    # By itself it takes the system's default, which a burst of 256 requests overruns.
    recv_buff = 4194304
  }
  authorize {
    ${authorize}
    pap
    update reply {
      Message-Authenticator := 0x00
    }
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
    ${authenticate}
  }
  post-auth {
    ${postAuth}
  }
}
${more}
`
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}
