/** The files of EAP in the data directory: made all or none, for their owner alone. Knows nothing of what is in them. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { CliError, ExitStatus } from './exit_status.ts'

export const EAP_FILES = { ca: 'ca.pem', caKey: 'ca.key', chain: 'server.pem', key: 'server.key' } as const
export type EapFile = keyof typeof EAP_FILES

export function pathOf(directory: string, file: EapFile): string {
  return join(directory, EAP_FILES[file])
}

export function existing(directory: string): EapFile[] {
  return (Object.keys(EAP_FILES) as EapFile[]).filter((file) => existsSync(pathOf(directory, file)))
}

/** Throws CliError. */
export function readEapFile(directory: string, file: EapFile): string {
  try {
    return readFileSync(pathOf(directory, file), 'utf8')
  } catch (error) {
    throw failed(error, `${pathOf(directory, file)} cannot be read`, 'make it by `sallyport eap init`')
  }
}

/** Each is whole or as it was: whoever reads meanwhile finds no half. Throws CliError. */
export function writeEapFiles(directory: string, contents: Partial<Record<EapFile, string>>): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const written = Object.entries(contents).map(([file, content]) => {
      const path = pathOf(directory, file as EapFile)
      writeFileSync(`${path}.new`, content, { mode: 0o600, flush: true })
      chmodSync(`${path}.new`, 0o600)
      return path
    })
    // Run by root, they are still for the server, which owns its data directory.
    const { uid, gid } = statSync(dirname(directory))
    for (const path of [directory, ...written.map((path) => `${path}.new`)])
      if (statSync(path).uid !== uid) chownSync(path, uid, gid)
    for (const path of written) renameSync(`${path}.new`, path)
  } catch (error) {
    throw failed(error, `${directory} cannot be written`, 'run this as the user that runs the server')
  }
}

function failed(error: unknown, what: string, hint: string): CliError {
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined) throw error
  return new CliError(ExitStatus.refused, `${what}: ${code}`, hint)
}
