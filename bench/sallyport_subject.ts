/** Sallyport itself, as a user starts it: everything on, default settings but for the address, the client and the database. */
import { mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { stringify } from 'smol-toml'
import type { SubjectName } from './options.ts'
import { type Subject, startProgram } from './subject.ts'

const PROGRAM = resolve(import.meta.dirname, '../bin/sallyport')

export interface SallyportPlace {
  readonly directory: string
  readonly configFile: string
  readonly masterKeyFile: string
  readonly databaseUrl: string
  readonly socket: string
}

/** `databaseUrl` null: a SQLite file in the directory. */
export function makePlace(
  directory: string,
  databaseUrl: string | null,
  secret: string,
  workers = 1,
): SallyportPlace {
  mkdirSync(directory, { mode: 0o700, recursive: true })
  const place = {
    directory,
    configFile: join(directory, 'sallyport.toml'),
    masterKeyFile: join(directory, 'master.key'),
    databaseUrl: databaseUrl ?? `sqlite:${join(directory, 'sallyport.db')}`,
    socket: join(directory, 'admin.sock'),
  }
  const settings = {
    server: { node: 'bench', data_dir: directory, workers },
    database: { url: place.databaseUrl },
    radius: {
      listen: ['127.0.0.1:0'],
      clients: [{ name: 'bench', address: '127.0.0.1', secret }],
    },
    // Its users log in as no person does: the limit is on, and above them.
    limits: { account_rate: 100, account_burst: 1000 },
    console: { listen: 'off' },
  }
  writeFileSync(place.configFile, stringify(settings), { mode: 0o600 })
  return place
}

export interface SallyportSubject extends Subject {
  readonly readyMs: number
  readonly socket: string
}

/** Its log, one line for each login, goes to a file. */
export async function startSallyport(
  name: SubjectName,
  title: string,
  place: SallyportPlace,
): Promise<SallyportSubject> {
  const started = await startProgram(PROGRAM, ['serve'], {
    ready: /admin socket/,
    logFile: join(place.directory, 'server.log'),
    env: { SALLYPORT_CONFIG: place.configFile },
    cwd: place.directory,
  })
  const [, address = ''] = /listening +([\d.:]+)/.exec(started.printed) ?? []
  const { pid, readyMs, stop } = started
  return { name, title, address, pid, password: null, readyMs, socket: place.socket, stop }
}

/** So that a long run does not fill the disk with lines that nobody reads. */
export function emptyLog({ directory }: SallyportPlace): void {
  openSync(join(directory, 'server.log'), 'w')
}
