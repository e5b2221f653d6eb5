/** A file system of a few megabytes in memory, which can be filled. Only root may mount one. */
import { spawnSync } from 'node:child_process'
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tidyUp } from './tidy.ts'

const CHUNKS = [Buffer.alloc(2 ** 20), Buffer.alloc(4096)]

export class SmallDisk {
  readonly directory: string
  readonly #ballast: string

  private constructor(directory: string) {
    this.directory = directory
    this.#ballast = join(directory, 'ballast')
  }

  /** Or why there is none. */
  static mount(megabytes: number): SmallDisk | string {
    if (process.getuid?.() !== 0) return 'only root may mount a small file system'
    const directory = mkdtempSync(join(tmpdir(), 'sallyport-small-disk-'))
    const { status, stderr } = spawnSync(
      'mount',
      ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'tmpfs', directory],
      { encoding: 'utf8' },
    )
    if (status === 0) {
      const disk = new SmallDisk(directory)
      tidyUp(() => disk.unmount())
      return disk
    }
    rmSync(directory, { recursive: true })
    return `no small file system can be mounted: ${stderr?.trim() || 'there is no mount'}`
  }

  /** To the last page. */
  fill(): void {
    const file = openSync(this.#ballast, 'a')
    for (const chunk of CHUNKS) while (hasTaken(file, chunk));
    fsyncSync(file)
    closeSync(file)
  }

  free(): void {
    rmSync(this.#ballast, { force: true })
  }

  unmount(): void {
    // Lazily: what was killed a moment ago may still hold a file.
    spawnSync('umount', ['-l', this.directory])
    rmSync(this.directory, { recursive: true, force: true })
  }
}

function hasTaken(file: number, chunk: Uint8Array): boolean {
  try {
    return writeSync(file, chunk) === chunk.length
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    return false
  }
}
