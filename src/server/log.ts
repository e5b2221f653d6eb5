/**
 * The log: what happened, for the administrator, on standard error. Never waits for whoever reads it, and never holds a
 * secret, PIN or OTP: its callers see to that.
 */
import { type Fields, lineFormats } from './log_line.ts'
import { LogOutput, standardError, type Write } from './log_output.ts'

export const LEVELS = { error: 0, warn: 1, info: 2, debug: 3 } as const
export type Level = keyof typeof LEVELS

export interface Logger {
  /** Something failed that someone must look at. */
  error(message: string, fields?: Fields): void
  /** It went on, but should not stay so. */
  warn(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  debug(message: string, fields?: Fields): void
  /** For what costs something to put together. */
  isEnabled(level: Level): boolean
  setLevel(level: Level): void
  /** Waits until everything so far is written, for `timeoutMs` at most: the reader may have stopped. */
  flush(timeoutMs?: number): Promise<void>
  /** Lines so far that could not be written, or not soon enough. */
  linesDropped(): number
}

export interface LogOptions {
  readonly level: Level
  readonly format: keyof typeof lineFormats
  /** Default: standard error. */
  readonly write?: Write
  /** Characters that may wait for the reader; lines past it are dropped and counted. Default: 4 Mi. */
  readonly capacity?: number
  readonly now?: () => number
}

export function createLogger(options: LogOptions): Logger {
  const { now = Date.now, capacity = 4 * 1024 * 1024 } = options
  const formatLine = lineFormats[options.format]
  const describeDropped = (lines: number) =>
    formatLine(now(), 'warn', 'log lines dropped, standard error could not take them', { lines })
  const output = new LogOutput({ write: options.write ?? standardError(), capacity, describeDropped })
  let level = options.level

  const log = (at: Level, message: string, fields: Fields = NO_FIELDS): void => {
    if (LEVELS[at] <= LEVELS[level]) output.add(formatLine(now(), at, message, fields))
  }
  return {
    error: (message, fields) => log('error', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    info: (message, fields) => log('info', message, fields),
    debug: (message, fields) => log('debug', message, fields),
    isEnabled: (asked) => LEVELS[asked] <= LEVELS[level],
    setLevel: (wanted) => {
      level = wanted
    },
    flush: (timeoutMs = 1000) => output.flush(timeoutMs),
    linesDropped: () => output.linesDropped,
  }
}

const NO_FIELDS: Fields = {}
