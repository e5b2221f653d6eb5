/** Asking the person at the terminal. Nothing that is typed here without echo is ever shown or kept. */
import { openSync } from 'node:fs'
import { ReadStream, WriteStream } from 'node:tty'
import { CliError, ExitStatus, usageError } from './exit_status.ts'
import type { Io } from './io.ts'

export interface Terminal {
  readonly input: ReadStream
  readonly output: NodeJS.WritableStream
  close(): void
}

/** The terminal of standard input, else the one that started us even if standard input comes from elsewhere; or null. */
export function openTerminal({ stdin, stderr }: Pick<Io, 'stdin' | 'stderr'>): Terminal | null {
  if (stdin.isTTY) {
    const input = stdin as ReadStream
    return { input, output: stderr.isTTY ? stderr : new WriteStream(1), close: () => void input.pause() }
  }
  try {
    const input = new ReadStream(openSync('/dev/tty', 'r'))
    const output = new WriteStream(openSync('/dev/tty', 'w'))
    return {
      input,
      output,
      close() {
        input.destroy()
        output.destroy()
      },
    }
  } catch {
    return null
  }
}

/** What is typed up to Enter, without echo. Throws CliError(interrupted) on Ctrl-C, and on Ctrl-D with nothing typed. */
export async function askHidden(terminal: Terminal, label: string): Promise<string> {
  return await ask(terminal, label, { echo: false })
}

/** The same on whatever terminal there is. Throws CliError without one: `--password-stdin` is the way then. */
export async function askPassword(io: Io, label: string): Promise<string> {
  const terminal = openTerminal(io)
  if (terminal === null) {
    throw usageError('there is no terminal to ask for the password on', 'use --password-stdin')
  }
  try {
    return await askHidden(terminal, label)
  } finally {
    terminal.close()
  }
}

/** `y` or `yes` means yes, anything else no. */
export async function askYesOrNo(terminal: Terminal, question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await ask(terminal, `${question} [y/N]`, { echo: true })).trim())
}

// Raw mode even with echo, so that Ctrl-C is ours and the terminal is given back as it was.
async function ask({ input, output }: Terminal, label: string, { echo }: { echo: boolean }): Promise<string> {
  const line = new LineEditor()
  // Raw before the question is there: an answer typed at once must not be echoed either.
  input.setRawMode(true)
  output.write(label.endsWith(']') ? `${label} ` : `${label}: `)
  input.setEncoding('utf8')
  input.resume()
  try {
    return await new Promise<string>((resolve, reject) => {
      const onData = (chunk: string | Buffer): void => {
        const before = line.text
        const end = line.type(String(chunk))
        if (echo && line.text.startsWith(before)) output.write(line.text.slice(before.length))
        if (end === null) return
        finish()
        if (end === 'enter') resolve(line.text)
        else reject(new CliError(ExitStatus.interrupted, 'interrupted'))
      }
      const onEnd = (): void => {
        finish()
        reject(new CliError(ExitStatus.interrupted, 'the terminal was closed'))
      }
      const finish = (): void => {
        input.off('data', onData).off('end', onEnd).off('error', onEnd)
      }
      input.on('data', onData).on('end', onEnd).on('error', onEnd)
    })
  } finally {
    input.setRawMode(false)
    input.pause()
    output.write('\n')
  }
}

const KEYS = {
  enter: /[\r\n]/,
  interrupt: '\x03',
  endOfInput: '\x04',
  erase: /[\b\x7f]/,
  kill: '\x15',
} as const
/** Arrow keys and the like: nothing of a PIN. */
const ESCAPE_SEQUENCE = new RegExp(`${'\x1b'}(\\[[0-9;?]*[ -/]*[@-~]|O.|.)?`, 'gs')
const MAX_CHARACTERS = 1024

class LineEditor {
  text = ''

  /** Takes keys up to the end of the line; what a paste holds after it is dropped. */
  type(keys: string): 'enter' | 'interrupt' | null {
    for (const key of keys.replace(ESCAPE_SEQUENCE, '')) {
      if (KEYS.enter.test(key)) return 'enter'
      if (key === KEYS.interrupt || (key === KEYS.endOfInput && this.text === '')) return 'interrupt'
      if (KEYS.erase.test(key)) this.text = [...this.text].slice(0, -1).join('')
      else if (key === KEYS.kill) this.text = ''
      else if (key >= ' ' && this.text.length < MAX_CHARACTERS) this.text += key
    }
    return null
  }
}
