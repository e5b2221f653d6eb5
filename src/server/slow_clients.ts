/** Ends connections whose client does not read what was answered. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** A reply that nobody reads would keep its connection for ever. A command under way is let alone, however long it takes. */
export function dropClientsThatDoNotRead(server: Server, timeoutMs: number): void {
  server.setTimeout(timeoutMs, (socket: Socket) => {
    if (socket.writableLength > 0) socket.destroy()
  })
}
