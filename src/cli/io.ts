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
export async function readLineOfStdin(io: Pick<Io, 'stdin'>): Promise<string> {
  for await (const line of linesOfStdin(io)) return line
  return ''
}

/** Its lines without their ends, each as soon as it is there; up to 64 Ki characters. */
export async function* linesOfStdin({ stdin }: Pick<Io, 'stdin'>): AsyncGenerator<string, void, void> {
  let text = ''
  let room = MAX_INPUT_CHARACTERS
  stdin.setEncoding('utf8')
  for await (const chunk of stdin) {
    text += String(chunk).slice(0, room)
    room -= String(chunk).length
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      yield text.slice(0, end).replace(/\r$/, '')
      text = text.slice(end + 1)
    }
    if (room <= 0) break
  }
  if (text !== '') yield text.replace(/\r$/, '')
}
