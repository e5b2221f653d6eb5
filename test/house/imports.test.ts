/** Holds the arrows of ARCHITECTURE.md, and what the pure folders must not touch. Each check is also shown to fail. */
import { posix } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { type ParsedModule, parseModule } from './parse_module.ts'
import { at, filesUnder, type SourceFile } from './sources.ts'

/** What a folder of src may import: folders, or single files. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  'main.ts': ['server', 'cli'],
  // `sallyport test` is a RADIUS client of its own, and the CLI finds the socket by the configuration.
  cli: [
    'admin',
    'radius',
    'eap',
    'load',
    'config',
    'certificates.ts',
    'network.ts',
    'radius_exchange.ts',
    'tls_wire.ts',
    'trail_lines.ts',
    'version.ts',
  ],
  // Asks a RADIUS server, as the CLI does, or a NAS, as the server does.
  'radius_exchange.ts': ['radius'],
  load: ['radius', 'tokens', 'network.ts'],
  server: ['radius', 'eap', 'admin', 'storage', 'auth', 'tokens', 'config', ...rootFiles()],
  config: ['radius', 'network.ts', 'secret.ts', 'edit_distance.ts'],
  // The contract alone: what a command may ask of a database.
  admin: ['auth', 'tokens', 'storage/store.ts', 'storage/session.ts', 'edit_distance.ts'],
  // secret.ts keeps a shared secret out of logs.
  radius: ['auth', 'tokens', 'secret.ts', 'edit_distance.ts'],
  // MS-CHAPv2 is computed the same inside of EAP.
  eap: ['radius', 'tokens'],
  storage: ['auth', 'tokens', 'seal.ts', 'bounded_map.ts'],
  auth: ['tokens'],
  tokens: [],
  // Types of the command table are written for it (scripts/console_types.ts); it knows the server by HTTP alone.
  web: ['trail_lines.ts'],
}
const PURE = ['tokens', 'auth', 'admin', 'radius', 'eap']

/** Computations; what they do depends on their arguments alone. */
const PURE_PACKAGES = ['zod', '@noble/hashes', 'otplib', 'hash-wasm', 'des.js', 'ipaddr.js']
const PURE_CRYPTO = ['createHash', 'createHmac', 'hash', 'timingSafeEqual']

/** Clocks, randomness, the process and the outside. `Date.parse`, `new Date(argument)` and the like are pure. */
const IMPURE =
  /^(Date\.now|new Date\(\)|Date\(\)|Math\.random|process(\..*)?|performance(\..*)?|crypto(\..*)?|console(\..*)?|global|globalThis(\..*)?|setTimeout|setInterval|setImmediate|queueMicrotask|fetch|require|eval|Function|WebSocket|Worker)$/

const sources = filesUnder('src').filter(({ path }) => /\.tsx?$/.test(path))

interface Module extends ParsedModule {
  readonly file: SourceFile
}
const modulesOf = (files: readonly SourceFile[]): Module[] =>
  files.map((file) => ({ ...parseModule(file), file }))
const modules = modulesOf(sources)

function sample(path: string, text: string): Module[] {
  return modulesOf([{ path, text }])
}

describe('the arrows', () => {
  test('run one way', () => {
    expect(modules.flatMap(wrongArrows)).toEqual([])
  })

  test.each([
    ['src/auth/x.ts', "import type { Store } from '../storage/store.ts'"],
    ['src/tokens/x.ts', "import { userKey } from '../auth/account.ts'"],
    ['src/admin/x.ts', "import { openSqlite } from '../storage/sqlite.ts'"],
    ['src/storage/x.ts', "export { serve } from '../server/serve.ts'"],
    ['src/cli/x.ts', "export const load = () => import('../server/serve.ts')"],
    ['src/seal.ts', "import type { Token } from './auth/account.ts'"],
  ])('%s may not: %s', (path, text) => {
    expect(sample(path, `/** … */\n${text}`).flatMap(wrongArrows)).toEqual([
      expect.stringMatching(`^${path}:2: `),
    ])
  })

  test('a new folder has its arrows written here', () => {
    const folders = new Set(sources.map(({ path }) => homeOf(path)))
    const unknown = [...folders].filter((folder) => !(folder in ARROWS) && !folder.endsWith('.ts'))
    expect(unknown).toEqual([])
  })

  test('every import of ours names a file that is there', () => {
    const paths = new Set(sources.map(({ path }) => path))
    const missing = modules.flatMap(({ file, imports }) =>
      imports
        .filter(({ from }) => from.startsWith('.') && !from.endsWith('.css'))
        .filter(({ from }) => !paths.has(targetOf(file.path, from)))
        .map(({ from, line }) => at(file, line, `there is no ${from}`)),
    )
    expect(missing.filter((problem) => !problem.includes('package.json'))).toEqual([])
  })
})

describe('the pure folders', () => {
  test('import no I/O, no clock and no randomness', () => {
    expect(modules.flatMap(impureImports)).toEqual([])
  })

  test.each([
    "import { readFileSync } from 'node:fs'",
    "import { randomBytes } from 'node:crypto'",
    "import { createHash, randomInt } from 'node:crypto'",
    "import * as crypto from 'node:crypto'",
    "import knex from 'knex'",
    "import { request } from 'http'",
    "const { now } = await import('node:perf_hooks')",
  ])('may not: %s', (text) => {
    expect(sample('src/auth/x.ts', `\n\n${text}`).flatMap(impureImports)).toEqual([
      expect.stringMatching(/^src\/auth\/x\.ts:3: /),
    ])
    expect(sample('src/server/x.ts', text).flatMap(impureImports)).toEqual([])
  })

  test('do not ask the clock, chance or the process', () => {
    expect(modules.flatMap(impureUses)).toEqual([])
  })

  test.each([
    'const at = Date.now()',
    'const at = new Date()',
    'const at = Date()',
    'const now = { f: Date.now }',
    'const x = `$' + '{Math.random()}`',
    'const home = process.env.HOME!',
    'setTimeout(() => {}, 1)',
    'const id = crypto.randomUUID() as string',
    'class A { b = performance.now() }',
    'console.log(1)',
    'f({ now: globalThis.Date })',
  ])('may not: %s', (text) => {
    expect(sample('src/radius/x.ts', `/* … */\n${text}`).flatMap(impureUses)).toEqual([
      expect.stringMatching(/^src\/radius\/x\.ts:2: /),
    ])
  })

  test('may say the time that they are given, and name a field as they like', () => {
    const text =
      'type P = { process: Date }; const f = (p: P) => [new Date(0), Date.UTC(1), p.process, { crypto: 1 }]'
    expect(sample('src/radius/x.ts', text).flatMap(impureUses)).toEqual([])
  })
})

describe('every folder', () => {
  test('has no import cycle, types included', () => {
    expect(cycles(modules)).toEqual([])
  })

  test('a cycle is found and shown', () => {
    const files = [
      { path: 'src/a.ts', text: "import './b.ts'" },
      { path: 'src/b.ts', text: "import type { C } from './c/d.ts'" },
      { path: 'src/c/d.ts', text: "export { a } from '../a.ts'" },
    ]
    expect(cycles(modulesOf(files))).toEqual(['src/a.ts -> src/b.ts -> src/c/d.ts -> src/a.ts'])
  })

  test('has no barrel', () => {
    expect(modules.flatMap(barrels)).toEqual([])
  })

  test.each([
    ['src/auth/all.ts', "export * from './pin.ts'\nexport const a = 1"],
    [
      'src/auth/all.ts',
      "import x from './x.ts'\nexport { a } from './pin.ts'\nexport type { B } from './b.ts'",
    ],
    ['src/auth/index.ts', 'export const a = 1'],
  ])('a barrel is found: %s: %s', (path, text) => {
    expect(sample(path, text).flatMap(barrels)).toHaveLength(1)
  })

  test('ends the process in main.ts only, and prints by its streams', () => {
    expect(modules.flatMap(endsOrPrints)).toEqual([])
  })

  test.each([
    'process.exit(1)',
    'process.exitCode = 1',
    'console.log(1)',
    'const { error } = console',
    'process.abort()',
  ])('may not: %s', (text) => {
    expect(sample('src/server/x.ts', text).flatMap(endsOrPrints)).toHaveLength(1)
  })
})

function rootFiles(): string[] {
  return filesUnder('src').flatMap(({ path }) =>
    homeOf(path).endsWith('.ts') && path !== 'src/main.ts' ? [homeOf(path)] : [],
  )
}

/** `auth` for src/auth/pin.ts, `seal.ts` for src/seal.ts. */
function homeOf(path: string): string {
  return path.split('/')[1]!
}

function targetOf(path: string, from: string): string {
  return posix.normalize(posix.join(posix.dirname(path), from))
}

function wrongArrows({ file, imports }: Module): string[] {
  const home = homeOf(file.path)
  // A file at the top knows only its like.
  const allowed = ARROWS[home] ?? rootFiles()
  return imports.flatMap(({ from, line }) => {
    const target = targetOf(file.path, from)
    if (!from.startsWith('.') || !target.startsWith('src/')) return []
    const [to, inside] = [homeOf(target), target.slice('src/'.length)]
    const isFree = to === home || allowed.includes(to) || allowed.includes(inside)
    return isFree ? [] : [at(file, line, `${home} must not import ${from}`)]
  })
}

function isPure({ path }: SourceFile): boolean {
  return PURE.includes(homeOf(path))
}

function impureImports({ file, imports }: Module): string[] {
  if (!isPure(file)) return []
  return imports.flatMap(({ from, names, line }) => {
    if (from.startsWith('.')) return []
    const isPackage = PURE_PACKAGES.some((name) => from === name || from.startsWith(`${name}/`))
    const isCrypto = from === 'node:crypto' && names.every((name) => PURE_CRYPTO.includes(name))
    return isPackage || isCrypto
      ? []
      : [at(file, line, `a pure folder must not import ${names.join(', ')} from ${from}`)]
  })
}

function impureUses({ file, uses }: Module): string[] {
  if (!isPure(file)) return []
  const problems = uses
    .filter(({ name }) => IMPURE.test(name))
    .map(({ name, line }) => at(file, line, `a pure folder must not use ${name.split('.')[0]}`))
  return [...new Set(problems)]
}

function endsOrPrints({ file, uses }: Module): string[] {
  const problems = uses
    .filter(({ name }) => /^(console(\..*)?|process\.(exit|abort|exitCode|reallyExit))$/.test(name))
    .filter(({ name }) => file.path !== 'src/main.ts' || name.startsWith('console'))
    .map(({ name, line }) => at(file, line, `${name.split('.')[0]} must not be used for this`))
  return [...new Set(problems)]
}

function barrels({ file, isBarrel }: Module): string[] {
  return isBarrel || /\/index\.ts$/.test(file.path) ? [at(file, 1, 'a file that only passes others on')] : []
}

/** Each cycle once, from the file where it was met. */
function cycles(graph: readonly Module[]): string[] {
  const targets = new Map(
    graph.map(({ file, imports }) => [
      file.path,
      imports.filter(({ from }) => from.startsWith('.')).map(({ from }) => targetOf(file.path, from)),
    ]),
  )
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path)
    if (start >= 0) found.push([...way.slice(start), path].join(' -> '))
    if (start >= 0 || done.has(path)) return
    for (const target of targets.get(path) ?? []) visit(target, [...way, path])
    done.add(path)
  }
  for (const path of targets.keys()) visit(path, [])
  return found
}
