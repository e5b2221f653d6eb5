/**
 * Holds the guides against the code: every ```toml block is a configuration that loads, every command, reason and link exists.
 * What devices do with it is not ours to test; docs/README.md says what was tried.
 */
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { runCli } from '../src/cli/run_cli.ts'
import { ConfigError, readConfig } from '../src/config/config.ts'

const root = resolve(import.meta.dirname, '..')
const pages = globSync('docs/**/*.md', { cwd: root })
  .sort()
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
/** Those of RADIUS clients, not of what users carry. */
const isGuide = ({ path }: { readonly path: string }) =>
  /^docs\/(vpn|wifi)\//.test(path) && !OF_USERS.test(path)
const OF_USERS = /(windows|apple|android|networkmanager)\.md$/
const guides = pages.filter(isGuide)
const readme = readFileSync(join(root, 'README.md'), 'utf8')

const blocks = pages.flatMap(({ path, text }) =>
  fences(text, 'toml').map((toml, index) => ({ name: `${path}, block ${index + 1}`, path, toml })),
)
/** All that a guide's clients may warn of: what some devices cannot do without. */
const WARNINGS = /require_message_authenticator = "auto"|mschap/

describe('the configuration', () => {
  test('every guide begins with one', () => {
    expect(guides.length).toBeGreaterThanOrEqual(11)
    const without = guides.filter(({ path }) => !blocks.some((block) => block.path === path))
    expect(without).toEqual([])
  })

  test.each(blocks)('of $name loads', ({ toml }) => {
    const { warnings } = read(toml)
    expect(warnings.filter((warning) => !WARNINGS.test(warning))).toEqual([])
  })

  test.each(blocks)('of $name does not load with a setting that does not exist', ({ toml }) => {
    expect(() => read(`${toml}\nno_such_setting = true\n`)).toThrow(ConfigError)
    expect(() => read(`${toml}\nno_such_setting = true\n`)).toThrow(/no_such_setting/)
  })

  test.each(blocks.filter(isGuide))('of $name has the clients that the guide tries', ({ path, toml }) => {
    const tried = [...page(path).matchAll(/`sallyport test [^`@]+@([^\s`]+)/g)].map(([, name]) => name)
    expect(tried).toEqual(expect.arrayContaining(read(toml).radius.clients.map(({ name }) => name)))
  })
})

describe('every command', () => {
  const calls = pages.flatMap(({ text }) => {
    const spans = [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(
      ([, span]) => span!,
    )
    const lines = fences(text, 'sh').flatMap((fence) => fence.split('\n'))
    return [...spans, ...lines].flatMap((line) => /^sallyport ([^#|]+)/.exec(line)?.[1]?.trim() ?? [])
  })

  test('of the guides is found', () => {
    expect(calls.length).toBeGreaterThan(10)
  })

  test.each([...new Set(calls)])('sallyport %s', async (call) => {
    const words = call.replace(/"[^"]*"/g, '').split(/\s+/)
    const help = (await helpOf(words.slice(0, 2))) ?? (await helpOf(words.slice(0, 1)))
    expect([call, help !== null]).toEqual([call, true])
    for (const flag of words.filter((word) => word.startsWith('--'))) {
      expect([flag, help!.includes(flag)]).toEqual([flag, true])
    }
  })

  test('is not found if it does not exist', async () => {
    expect(await helpOf(['session', 'conjure'])).toBeNull()
    expect(await helpOf(['conjure'])).toBeNull()
  })
})

test('every reason that a guide explains is one that the README explains', () => {
  const reasons = guides.flatMap(({ text }) =>
    [...text.matchAll(/^\| ([^|]+) \|.*\|.*\|$/gm)].flatMap(
      ([, cell]) => cell!.match(/`[a-z]+(?:-[a-z]+)+`/g) ?? [],
    ),
  )
  expect(reasons.length).toBeGreaterThan(20)
  expect(reasons.filter((reason) => !readme.includes(reason))).toEqual([])
})

test('every page is in the index, and every link leads somewhere', () => {
  const broken: string[] = []
  for (const { path, text } of pages) {
    for (const [, target = ''] of text.matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https?:/.test(target)) continue
      const [file = '', anchor] = target.split('#')
      const linked = file === '' ? path : join(dirname(path), file)
      const isThere = existsSync(join(root, linked))
      if (!isThere || (anchor !== undefined && !anchorsOf(linked).includes(anchor)))
        broken.push(`${path}: ${target}`)
    }
  }
  expect(broken).toEqual([])
  const index = page('docs/README.md')
  expect(
    pages.filter(
      ({ path }) => !index.includes(`](${path.slice('docs/'.length)})`) && path !== 'docs/README.md',
    ),
  ).toEqual([])
  expect(readme).toContain('](docs/README.md)')
})

/** As the block would be read beside the files that Sallyport ships for it. */
function read(toml: string) {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-docs-'))
  try {
    for (const file of readdirSync(join(root, 'config')).filter((name) => name.endsWith('.dictionary'))) {
      copyFileSync(join(root, 'config', file), join(directory, file))
    }
    writeFileSync(join(directory, 's.toml'), toml, { mode: 0o600 })
    return readConfig({ file: 's.toml', env: {}, cwd: directory })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Null: there is no such command. */
async function helpOf(words: readonly string[]): Promise<string | null> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const io = { stdin: new PassThrough(), stdout, stderr, env: {}, cwd: '/' } as never
  await runCli([...words, '--help'], io, { serve: async () => 1 })
  const help = String(stdout.read() ?? '')
  return help.startsWith(`Usage: sallyport ${words.join(' ')} `) ? help : null
}

function page(path: string): string {
  return pages.find((one) => one.path === path)!.text
}

function anchorsOf(path: string): string[] {
  return [...readFileSync(join(root, path), 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
}

function fences(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , block]) => block!)
}
