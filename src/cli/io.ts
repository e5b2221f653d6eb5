/** What the CLI has of the process that it runs in. */
export interface Io {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

const MAX_INPUT_CHARACTERS = 64 * 1024

/** All of standard input, up to 64 Ki characters; more is cut off, so that it fails as what it is not. */
export async function readStdin({ stdin }: Pick<Io, 'stdin'>): Promise<string> {
  let text = ''
  stdin.setEncoding('utf8')
  for await (const chunk of stdin) {
    text += chunk
    if (text.length > MAX_INPUT_CHARACTERS) break
  }
  return text.slice(0, MAX_INPUT_CHARACTERS)
}

/** All of it, without a bound: for what an operator hands over knowingly, such as a list of users. */
export async function readWholeStdin({ stdin }: Pick<Io, 'stdin'>): Promise<string> {
  const chunks: string[] = []
  stdin.setEncoding('utf8')
  for await (const chunk of stdin) chunks.push(String(chunk))
  return chunks.join('')
}

/** Its first line without the line end. */
export async function readLineOfStdin({ stdin }: Pick<Io, 'stdin'>): Promise<string> {
  let text = ''
  stdin.setEncoding('utf8')
  for await (const chunk of stdin) {
    text += chunk
    if (text.includes('\n') || text.length > MAX_INPUT_CHARACTERS) break
  }
  return text.split('\n', 1)[0]!.replace(/\r$/, '')
}
