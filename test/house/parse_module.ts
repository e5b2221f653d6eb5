/** A module's syntax tree as far as the house tests ask: what it imports, what it calls, and on which line. */
import { parseSync } from '@swc/core'
import type { SourceFile } from './sources.ts'

export interface Import {
  /** As written: `./pin.ts`, `node:fs`, `zod`. */
  readonly from: string
  /** What is taken from it; `*` for all. */
  readonly names: readonly string[]
  readonly line: number
}

export interface ParsedModule {
  readonly imports: readonly Import[]
  /** Names used as values, with their line: `Date.now()`, `new Date()`, `process.env`, `setTimeout`. */
  readonly uses: readonly { readonly name: string; readonly line: number }[]
  /** Nothing but imports and re-exports, or `export * from`. */
  readonly isBarrel: boolean
}

interface Node {
  readonly type: string
  readonly span?: { readonly start: number }
  readonly [key: string]: unknown
}

export function parseModule({ path, text }: SourceFile): ParsedModule {
  // swc counts octets from wherever it stopped last; the first statement says where this text begins.
  const octets = Buffer.from(`;${text}`)
  const options = { syntax: 'typescript', tsx: path.endsWith('.tsx'), target: 'es2022' } as const
  const { body } = parseSync(octets.toString(), options) as unknown as { body: Node[] }
  const base = body[0]!.span!.start
  const lineOf = (node: Node) =>
    octets
      .subarray(0, (node.span?.start ?? base) - base)
      .toString()
      .split('\n').length
  const statements = body.slice(1)
  const uses: { name: string; line: number }[] = []
  const imports = statements.flatMap((node) => importsOf(node, lineOf(node)))
  for (const node of statements) {
    walk(node, (found) => {
      const name = useOf(found)
      if (name !== null) uses.push({ name, line: lineOf(found) })
      const target = dynamicImport(found)
      if (target !== null) imports.push({ from: target, names: ['*'], line: lineOf(found) })
    })
  }
  const reExports = statements.filter(({ type, source }) => type.startsWith('Export') && isNode(source))
  const isBarrel =
    statements.some(({ type }) => type === 'ExportAllDeclaration') ||
    (reExports.length > 0 && statements.every((node) => isNode(node.source)))
  return { imports, uses, isBarrel }
}

function importsOf({ source, specifiers, type }: Node, line: number): Import[] {
  if (!isNode(source) || (!type.startsWith('Import') && !type.startsWith('Export'))) return []
  const names = ((specifiers as Node[] | undefined) ?? [{ type: '*' }]).map(
    ({ imported, orig, local, type }) => {
      if (type !== 'ImportSpecifier' && type !== 'ExportSpecifier') return '*'
      const named = (imported ?? orig ?? local) as Node
      return String(named.value)
    },
  )
  return [{ from: String(source.value), names, line }]
}

/** `import('…')` with a text; anything computed is shown as `(computed)`. */
function dynamicImport({ type, callee, arguments: args }: Node): string | null {
  if (type !== 'CallExpression' || (callee as Node).type !== 'Import') return null
  const [{ expression }] = args as [{ expression: Node }]
  return expression.type === 'StringLiteral' ? String(expression.value) : '(computed)'
}

/** `a.b` and `a.b()` as they are written; `new Date()` and `Date()` only without an argument; else a bare name. */
function useOf(node: Node): string | null {
  switch (node.type) {
    case 'MemberExpression': {
      const [object, property] = [node.object as Node, node.property as Node]
      if (object.type !== 'Identifier') return null
      return `${object.value}.${property.type === 'Identifier' ? property.value : '[computed]'}`
    }
    case 'NewExpression':
      return isDate(node.callee) && (node.arguments as unknown[] | null)?.length === 0 ? 'new Date()' : null
    case 'CallExpression':
      return isDate(node.callee) ? 'Date()' : null
    case 'Identifier':
      return String(node.value)
    default:
      return null
  }
}

function isDate(callee: unknown): boolean {
  return isNode(callee) && callee.type === 'Identifier' && callee.value === 'Date'
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

/** Visits what is evaluated: no types, and no names that only label a property, a parameter or a variable. */
function walk(node: Node, visit: (node: Node) => void): void {
  if (/^(Import|Export(All|Named))Declaration$/.test(node.type)) return
  visit(node)
  for (const [key, value] of Object.entries(node)) {
    if (key === 'typeAnnotation' || key === 'returnType' || key === 'typeParams' || key === 'typeParameters')
      continue
    if (node.type.startsWith('Ts') && key !== 'expression') continue
    if (key === 'property' && isNode(value) && value.type === 'Identifier') continue
    if ((key === 'key' || key === 'label') && isNode(value) && value.type === 'Identifier') continue
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, visit)
      // Wrappers without a type of their own: arguments, declarators' parts.
      else if (typeof child === 'object' && child !== null) walkParts(child, visit)
    }
  }
}

function walkParts(wrapper: object, visit: (node: Node) => void): void {
  for (const value of Object.values(wrapper)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit)
  }
}
