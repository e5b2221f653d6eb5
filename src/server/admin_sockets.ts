/** The main admin socket, and those of `[[admin.sockets]]`: each with the role of whoever may open it. */
import type { Config } from '../config/config.ts'
import { type AdminSocket, type AdminSocketOptions, openAdminSocket } from './admin_socket.ts'
import { groupNumber } from './group_number.ts'

/** Throws AdminSocketRefused, StartError; none is open then. */
export async function openAdminSockets(
  { socket, role, sockets }: Config['admin'],
  common: Omit<AdminSocketOptions, 'path' | 'role' | 'source' | 'group' | 'mode'>,
): Promise<AdminSocket> {
  const opened: AdminSocket[] = []
  const close = async () => {
    await Promise.all(opened.map((each) => each.close()))
  }
  try {
    opened.push(await openAdminSocket({ ...common, path: socket, role }))
    for (const { path, role, group, mode } of sockets) {
      const source = `socket:${role}`
      opened.push(await openAdminSocket({ ...common, path, role, source, group: groupNumber(group), mode }))
    }
  } catch (error) {
    await close()
    throw error
  }
  return { close }
}
