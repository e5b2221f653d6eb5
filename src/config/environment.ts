/** Finds the settings among environment variables: SALLYPORT_<SECTION>__<KEY>. Does not check their values. */
import { parse } from 'smol-toml'
import type { z } from 'zod'
import { closest } from './problems.ts'
import { isText, sections } from './schema.ts'

export interface Override {
  readonly variable: string
  readonly section: string
  readonly key: string
  readonly value: unknown
}

export interface Overrides {
  readonly overrides: readonly Override[]
  readonly problems: string[]
}

export function readOverrides(env: Readonly<Record<string, string | undefined>>): Overrides {
  const overrides: Override[] = []
  const problems: string[] = []
  for (const [variable, text] of Object.entries(env)) {
    if (text === undefined || !variable.startsWith('SALLYPORT_')) continue
    const known = KNOWN.get(variable)
    const value = known === undefined ? undefined : readValue(text, known.rule)
    if (known !== undefined && value !== undefined) {
      overrides.push({ variable, section: known.section, key: known.key, value })
    } else if (known !== undefined) {
      problems.push(
        `${variable}: ${known.section}.${known.key} is not a TOML value; write ${exampleOf(known.key)}`,
      )
    } else problems.push(...unknownVariable(variable))
  }
  return { overrides, problems }
}

const KNOWN = new Map(
  Object.entries(sections).flatMap(([section, { shape }]) =>
    Object.entries(shape).map(([key, rule]) => [
      `SALLYPORT_${section}__${key}`.toUpperCase(),
      { section, key, rule: rule as z.ZodType },
    ]),
  ),
)

/** Undefined when it is not one TOML value. */
function readValue(text: string, rule: z.ZodType): unknown {
  if (isText(rule)) return text
  try {
    const { value, ...more } = parse(`value = ${text}`, { unsafeKeyBehaviour: 'throw' })
    return Object.keys(more).length === 0 ? value : undefined
  } catch {
    return undefined
  }
}

function exampleOf(key: string): string {
  if (key === 'listen') return `'["127.0.0.1:1812", "[::1]:1812"]'`
  if (key === 'clients') return `'[{name = "vpn", address = "10.0.0.0/24", secret = "…"}]'`
  if (key === 'groups') return `'[{name = "staff", reply = ["Filter-Id = staff"]}]'`
  if (key === 'dictionaries') return `'["dictionary.acme"]'`
  return 'a number, true or false, without a unit'
}

/** Other names are left alone: Kubernetes sets SALLYPORT_SERVICE_HOST and the like for a service of this name. */
function unknownVariable(variable: string): string[] {
  const names = [...KNOWN.keys()]
  const oneUnderscore = names.find((name) => name.replace('__', '_') === variable)
  if (oneUnderscore !== undefined)
    return [`${variable} is not a known setting; did you mean ${oneUnderscore}?`]
  if (!variable.includes('__')) return []
  const meant = closest(variable, names)
  const next =
    meant === null
      ? 'name it SALLYPORT_SECTION__KEY after a key of the configuration file'
      : `did you mean ${meant}?`
  return [`${variable} is not a known setting; ${next}`]
}
