/** A command on a pseudo terminal (util-linux `script`), answered like a person would: when the question is there. */
import { spawn, spawnSync } from 'node:child_process'

/** Minimal systems have no `script`; the tests that need one are skipped there. */
export const hasTerminal = spawnSync('script', ['--version']).status === 0

export interface Dialogue {
  readonly status: number | null
  /** All that the terminal showed, line ends as `\n`. */
  readonly shown: string
}

/** `answers`: what to type once the text has been shown (again, for the second of the same). */
export function runInTerminal(
  command: readonly string[],
  answers: readonly (readonly [shown: string, typed: string])[],
  env: Readonly<Record<string, string>>,
): Promise<Dialogue> {
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const child = spawn(
    'script',
    ['-qefc', `stty cols 80; ${quoted}; s=$?; stty -a | grep -o -- '-\\?echo ' ; exit $s`, '/dev/null'],
    {
      env: { ...env, SHELL: '/bin/sh', TERM: 'xterm' },
      detached: true,
    },
  )
  const waiting = [...answers]
  let shown = ''
  let seen = 0
  child.stdout.on('data', (chunk) => {
    shown += chunk
    for (let [next] = waiting; next !== undefined; [next] = waiting) {
      const at = shown.indexOf(next[0], seen)
      if (at < 0) return
      seen = at + next[0].length
      waiting.shift()
      child.stdin.write(next[1])
    }
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, shown: shown.replaceAll('\r\n', '\n') }))
  })
}
