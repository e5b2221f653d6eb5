/** An operator who changes tokens while their owners log in, by the real commands. */
import { CommandError } from '../../src/admin/command_error.ts'
import { commands, findCommand } from '../../src/admin/commands.ts'
import { runCommand } from '../../src/admin/run_command.ts'
import type { Checker } from './checker.ts'
import { type Device, PINS, USERS } from './devices.ts'
import type { Node } from './node.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'

export interface OperatorOptions {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly checker: Checker
  readonly devices: readonly Device[]
}

const VERBS = [
  'disable',
  'disable',
  'enable',
  'enable',
  'enable',
  'reset-fail-count',
  'set-pin',
  'unassign',
  'assign',
  'assign',
  'resync',
  'delete',
]

export class Operator {
  #operations = 0
  readonly #options: OperatorOptions

  constructor(options: OperatorOptions) {
    this.#options = options
  }

  /** Something or other. */
  async meddle(node: Node): Promise<void> {
    const { random, devices, scheduler } = this.#options
    const device = random.pick(devices)
    const { serial } = device
    const verb = random.pick(VERBS)
    if (verb === 'set-pin') {
      const pin = random.pick(PINS)
      if ((await this.run(node, 'set-pin', { serial, pin })) && random.chance(0.7)) device.pin = pin
    } else if (verb === 'assign') {
      await this.run(node, 'assign', { serial, user: random.pick([device.home, ...USERS]), pin: device.pin })
    } else if (verb === 'resync') {
      const [otp1, otp2] = device.showPair(scheduler.now)
      await this.run(node, 'resync', { serial, otp1, otp2 })
    } else await this.run(node, verb, { serial })
  }

  /** True: it was answered as done. Never settles if the node dies. */
  async run(node: Node, verb: string, body: object): Promise<boolean> {
    const { scheduler, checker } = this.#options
    const actor = `admin:operator${++this.#operations}`
    const context = node.contextFor(actor)
    if (context === null) return false
    const what = `${actor} token ${verb} ${JSON.stringify(body)}`
    scheduler.note(what)
    try {
      await runCommand(findCommand(commands, 'token', verb), body, context)
    } catch (error) {
      scheduler.note(`${what}: ${error}`)
      checker.holds(
        error instanceof CommandError,
        'a command fails with what the operator can do',
        String(error),
      )
      return false
    }
    scheduler.note(`${what}: done`)
    checker.operationAnswered(actor)
    return true
  }
}
