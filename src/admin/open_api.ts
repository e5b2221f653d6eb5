/** The table as an OpenAPI 3.1 document, for the clients of the admin socket. */
import { z } from 'zod'
import type { Command } from './command.ts'
import { COMMAND_ERRORS } from './command_error.ts'
import { nameOf } from './commands.ts'

export function openApi(commands: readonly Command[], version: string): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sallyport management',
      version,
      description: 'Served on the Unix socket `admin.socket` of the configuration.',
    },
    servers: [{ url: 'http://localhost', description: 'over the Unix socket' }],
    tags: [...new Set(commands.map(({ noun }) => noun))].map((name) => ({ name })),
    paths: Object.fromEntries(
      commands.map((command) => [`/v1/${command.noun}/${command.verb}`, pathOf(command)]),
    ),
    components: { schemas: { Error: errorSchema }, responses: { Error: errorResponse } },
  }
}

function pathOf(command: Command): object {
  return {
    post: {
      operationId: nameOf(command).replace(/[ -](\w)/g, (_, letter: string) => letter.toUpperCase()),
      summary: command.summary,
      tags: [command.noun],
      'x-role': command.role,
      requestBody: {
        required: z.safeParse(command.input, {}).success === false,
        content: json(schemaOf(command.input, 'input')),
      },
      responses: {
        200: { description: 'done', content: json(schemaOf(command.output, 'output')) },
        default: { $ref: '#/components/responses/Error' },
      },
    },
  }
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io })
  return rest
}

function json(schema: object): object {
  return { 'application/json': { schema } }
}

const errorSchema = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        code: { type: 'string', enum: [...COMMAND_ERRORS, 'internal'], description: 'stable' },
        message: { type: 'string' },
        hint: { type: 'string', description: 'the next step; empty if there is none' },
      },
      required: ['code', 'message', 'hint'],
    },
  },
  required: ['error'],
}

const errorResponse = {
  description: 'refused (4xx) or failed (5xx)',
  content: json({ $ref: '#/components/schemas/Error' }),
}
