/** A request without Message-Authenticator, as old devices send it. */
import { randomBytes } from 'node:crypto'
import { AttributeType, Code } from '../../src/radius/attributes.ts'
import { hidePassword } from '../../src/radius/password.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { CLIENT_SECRET } from './server.ts'

export function unsignedRequest(user: string, password: string): Buffer {
  const requestAuthenticator = randomBytes(16)
  const hidden = hidePassword(password, requestAuthenticator, new SharedSecret(CLIENT_SECRET))
  const attributes = [
    [AttributeType.UserName, Buffer.from(user)],
    [AttributeType.UserPassword, hidden],
  ] as const
  const body = Buffer.concat(
    attributes.map(([type, value]) => Buffer.from([type, value.length + 2, ...value])),
  )
  const header = Buffer.from([Code.AccessRequest, 7, 0, 20 + body.length])
  return Buffer.concat([header, requestAuthenticator, body])
}
