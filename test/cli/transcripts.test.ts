/**
 * Sessions as a user would see them, from the .txt files beside this one. `$ sallyport …` is run, `< ` lines are its
 * standard input; then stand its output, its errors behind `! `, and its exit status if it is not 0. The whole session
 * is compared at once: a changed word shows as a diff.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { makeSandbox, run, type Sandbox } from './run_sallyport.ts'

const HERE = new URL('.', import.meta.url).pathname

test.each(readdirSync(HERE).filter((file) => file.endsWith('.txt')))(
  '%s',
  async (file) => {
    const sandbox = await makeSandbox()
    try {
      const expected = readFileSync(join(HERE, file), 'utf8')
      const played = await play(expected, sandbox)
      if (process.env.WRITE_TRANSCRIPTS) writeFileSync(join(HERE, file), played)
      else expect(played).toBe(expected)
    } finally {
      await sandbox.close()
    }
  },
  120_000,
)

async function play(session: string, sandbox: Sandbox): Promise<string> {
  const played: string[] = []
  for (const step of stepsOf(session)) {
    played.push(...step.remarks)
    if (step.args === null) continue
    const { status, stdout, stderr } = await run(step.args, {
      env: sandbox.env,
      stdin: step.stdin.join('\n'),
    })
    played.push(...linesOf(stdout, ''), ...linesOf(stderr, '! '))
    if (status !== 0) played.push(`[exit ${status}]`)
  }
  return `${played.join('\n')}\n`.replaceAll(sandbox.admin.directory, '/DIR')

  function linesOf(text: string, mark: string): string[] {
    const lines = text.split('\n')
    if (lines.at(-1) === '') lines.pop()
    return lines.map((line) => `${mark}${withoutNow(line)}`.trimEnd())
  }
}

/** How long ago something was changes from run to run. */
function withoutNow(line: string): string {
  return line.replace(/\((in )?\d+ \w+( ago)?\)|\(now\)/g, '(…)')
}

interface Step {
  readonly remarks: string[]
  readonly args: readonly string[] | null
  readonly stdin: string[]
}

/** Each command with its standard input; empty lines and # lines before a command belong to it. */
function stepsOf(session: string): Step[] {
  const steps: Step[] = []
  let remarks: string[] = []
  for (const line of session.split('\n')) {
    if (line.startsWith('$ sallyport')) {
      steps.push({ remarks: [...remarks, line], args: wordsOf(line.slice('$ sallyport'.length)), stdin: [] })
      remarks = []
    } else if (line.startsWith('< ')) {
      steps.at(-1)?.stdin.push(line.slice(2))
      steps.at(-1)?.remarks.push(line)
    } else if (line.startsWith('#')) {
      remarks.push(...(steps.length > 0 && remarks.length === 0 ? [''] : []), line)
    }
  }
  return steps
}

/** Words as the shell makes them: 'quoted' and "quoted" ones may hold spaces. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare!,
  )
}
