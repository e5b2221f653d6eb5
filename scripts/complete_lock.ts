/**
 * Completes package-lock.json after an `npm install` against a registry that lacks packages for other platforms: npm
 * leaves those out, and `npm ci` then refuses the lock. Adds them by name, version and platform, which is all that a
 * machine of another platform needs to skip them. Changes nothing in a complete lock.
 *
 *     node scripts/complete_lock.ts
 */
import { readFileSync, writeFileSync } from 'node:fs'

interface LockedPackage {
  version?: string
  dev?: boolean
  optional?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

const FILE = new URL('../package-lock.json', import.meta.url)
const PLATFORMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openharmony',
  'sunos',
  'win32',
  'windows',
]
const PROCESSORS = [
  'arm64',
  'arm',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'x64',
  'wasm32',
]

const lock: { packages: Record<string, LockedPackage> } = JSON.parse(readFileSync(FILE, 'utf8'))
const missing = Object.values(lock.packages).flatMap(({ optionalDependencies = {}, dev = false }) =>
  Object.entries(optionalDependencies)
    .filter(([name]) => lock.packages[`node_modules/${name}`] === undefined)
    .map(([name, range]) => [`node_modules/${name}`, placeholder(name, range, dev)] as const),
)
const complete = { ...lock.packages, ...Object.fromEntries(missing) }
const sorted = Object.fromEntries(Object.entries(complete).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(FILE, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`)
console.log(`${missing.length} packages for other platforms added to package-lock.json`)

function placeholder(name: string, range: string, dev: boolean): LockedPackage {
  const words = name.split(/[/-]/)
  const os = PLATFORMS.find((platform) => words.includes(platform))
  const cpu = PROCESSORS.find((processor) => words.includes(processor))
  return {
    version: range.replace(/^[\^~]/, ''),
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(dev ? { dev } : {}),
    ...(words.includes('musl') ? { libc: ['musl'] } : {}),
    optional: true,
    os: [os === 'windows' ? 'win32' : (os ?? 'none')],
  }
}
