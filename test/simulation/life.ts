/** One run of a node's process, from its start to its crash or stop: what it knew in memory dies with it. */
export class Life {
  isOver = false
  readonly node: number
  readonly name: string

  constructor(node: number, number: number) {
    this.node = node
    this.name = `node${node}.${number}`
  }
}
