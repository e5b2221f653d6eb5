/** What every file of the repository keeps to: its name, its length, its first line, and what must not stand in it. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { at, filesUnder, type SourceFile } from './sources.ts'

const MAX_LINES = 300
const SNAKE_CASE = /^[a-z0-9]+(_[a-z0-9]+)*(\.[a-z0-9]+)*$/

interface Rule {
  readonly name: string
  /** Files that it is for. */
  readonly applies: (path: string) => boolean
  readonly check: (file: SourceFile) => string[]
  /** A file that breaks it. */
  readonly bad: readonly SourceFile[]
}

const inSource = (path: string) => /^(src|bench)\/.*\.tsx?$/.test(path)
const everywhere = () => true

const RULES: readonly Rule[] = [
  {
    name: 'names are in snake_case',
    applies: (path) => /^(src|test|bin|bench|config|systemd)\//.test(path) && !path.endsWith('.md'),
    check: (file) =>
      file.path.split('/').every((name) => SNAKE_CASE.test(name))
        ? []
        : [at(file, 1, 'the name is not in snake_case')],
    bad: [
      { path: 'src/auth/PinCheck.ts', text: '' },
      { path: 'test/pin-check.test.ts', text: '' },
    ],
  },
  {
    name: 'a source file says first what it knows',
    applies: inSource,
    check: (file) =>
      /^\/\*\* ?\n? ?\*? ?[A-Z`]/.test(file.text) ? [] : [at(file, 1, 'no header comment on the first line')],
    bad: [
      { path: 'src/a.ts', text: "import 'x'\n/** Too late. */" },
      { path: 'src/a.ts', text: '/**  */\nexport {}' },
    ],
  },
  {
    name: `a source file has ${MAX_LINES} lines at most`,
    applies: inSource,
    check: (file) => {
      const lines = file.text.replace(/\n$/, '').split('\n').length
      return lines <= MAX_LINES ? [] : [at(file, MAX_LINES + 1, `${lines} lines, of at most ${MAX_LINES}`)]
    },
    bad: [{ path: 'src/a.ts', text: '\n'.repeat(MAX_LINES + 1) }],
  },
  {
    name: 'nothing is left to do later',
    applies: everywhere,
    check: lines(/\b(T[O]DO|FIX[M]E|X[X]X)\b/, 'a reminder belongs into an issue'),
    bad: [{ path: 'README.md', text: `a\n${'TO'}${'DO'}: b` }],
  },
  {
    name: "no path of a developer's machine",
    applies: everywhere,
    check: lines(
      /(^|[^\w.])\/(home|Users|root|work)\/[\w.-]|\b[A-Z]:\\\\?Users\\/,
      'a path that others do not have',
    ),
    bad: [
      { path: 'test/a.ts', text: `x\nconst a = '/${'home'}/carol/a'` },
      { path: 'test/a.ts', text: `x\nconst a = 'C:\\${'Users'}\\carol'` },
    ],
  },
  {
    name: 'no host of a package registry',
    applies: everywhere,
    check: lines(
      /\b(registry\.[\w-]+\.[a-z]{2,}|npm\.pkg\.[\w-]+|[\w-]*(artifactory|jfrog|verdaccio|nexus)[\w-]*\.[\w.-]+\/)/i,
      'packages come from wherever npm is set to',
    ),
    bad: [{ path: '.npmrc', text: `\nregistry=https://registry.${'example'}.org/` }],
  },
]

const files = filesUnder()

test('the files are found', () => {
  expect(files.length).toBeGreaterThan(100)
})

describe.each(RULES)('$name', ({ applies, check, bad }) => {
  test('holds', () => {
    expect(files.filter(({ path }) => applies(path)).flatMap(check)).toEqual([])
  })

  test.each(bad.map((file) => [file.path, file] as const))('is broken by a bad %s', (path, file) => {
    expect(applies(path) || path === '.npmrc').toBe(true)
    expect(check(file)).toEqual([expect.stringMatching(/^[\w./-]+:\d+: /)])
  })
})

test('package-lock.json is complete, so that npm ci takes it: else run scripts/complete_lock.ts', () => {
  const lock = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')
  expect(leftOut(JSON.parse(lock))).toEqual([])
  expect(
    leftOut({ packages: { 'node_modules/a': { optionalDependencies: { 'a-darwin': '1.0.0' } } } }),
  ).toEqual(['a-darwin'])
})

/** Optional packages, mostly for other platforms, that the lock names but does not hold. */
function leftOut({ packages }: { packages: Record<string, { optionalDependencies?: object }> }): string[] {
  const named = Object.values(packages).flatMap((one) => Object.keys(one.optionalDependencies ?? {}))
  return named.filter((name) => packages[`node_modules/${name}`] === undefined)
}

/** One problem for each line that matches. */
function lines(pattern: RegExp, problem: string): (file: SourceFile) => string[] {
  return (file) =>
    file.text.split('\n').flatMap((line, index) => {
      const found = pattern.exec(line)
      return found === null ? [] : [at(file, index + 1, `${problem}: ${found[0].trim()}`)]
    })
}
