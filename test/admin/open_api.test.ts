import { expect, test } from '@jest/globals'
import { z } from 'zod'
import { commands } from '../../src/admin/commands.ts'
import { openApi } from '../../src/admin/open_api.ts'

const document = openApi(commands, '1.2.3') as { paths: Record<string, { post: never }>; openapi: string }

test('has every command, and nothing else', () => {
  expect(Object.keys(document.paths)).toEqual(commands.map(({ noun, verb }) => `/v1/${noun}/${verb}`))
  expect(document.openapi).toBe('3.1.0')
})

test('says all about a command', () => {
  expect(document.paths['/v1/token/assign']!.post).toMatchObject({
    operationId: 'tokenAssign',
    summary: 'give an unassigned token to a user',
    tags: ['token'],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: { type: 'object', required: ['serial', 'user'], additionalProperties: false },
        },
      },
    },
    responses: { default: { $ref: '#/components/responses/Error' } },
  })
})

test('is plain JSON', () => {
  expect(JSON.parse(JSON.stringify(document))).toEqual(document)
})

test.each(commands.map((command) => [`${command.noun} ${command.verb}`, command] as const))(
  '%s explains each of its fields, and refuses others',
  (_, { input }) => {
    const { properties = {}, additionalProperties } = z.toJSONSchema(input, { io: 'input' })
    expect(additionalProperties).toBe(false)
    const silent = Object.entries(properties).filter(
      ([, schema]) => !JSON.stringify(schema).includes('"description":"'),
    )
    expect(silent.map(([name]) => name)).toEqual([])
  },
)

test.each(commands.map((command) => [`${command.noun} ${command.verb}`, command] as const))(
  '%s names only fields that it has',
  (_, { input, positional = [], prompt }) => {
    const named = prompt === undefined ? positional : [...positional, prompt.field]
    expect(Object.keys(input.shape)).toEqual(expect.arrayContaining([...named]))
  },
)
