/** A user with one HOTP token, who logs in over RADIUS, well or not: the one on the phone. */
import { hotp, secretOf } from '../e2e/otp.ts'
import type { Answer, RadiusClient } from '../e2e/radius_client.ts'
import type { TestServer } from '../e2e/server.ts'

export class Caller {
  readonly user: string
  readonly serial: string
  pin = '1234'
  readonly #nas: RadiusClient
  #counter = 0

  private constructor(nas: RadiusClient, user: string, serial: string) {
    this.#nas = nas
    this.user = user
    this.serial = serial
  }

  static async enroll(
    server: TestServer,
    nas: RadiusClient,
    user: string,
    { serial = `T-${user}`, ...fields }: Readonly<Record<string, unknown>> & { serial?: string } = {},
  ): Promise<Caller> {
    const caller = new Caller(nas, user, serial)
    const input = { type: 'hotp', user, serial, secretHex: secretOf(serial), pin: caller.pin, ...fields }
    await server.command('token', 'enroll', input)
    return caller
  }

  otp(counter: number): string {
    return hotp({ secretHex: secretOf(this.serial) }, counter)
  }

  /** With the next OTP. */
  async login(): Promise<Answer> {
    return await this.type(this.pin + this.otp(this.#counter++))
  }

  /** With the OTP before. */
  async replay(): Promise<Answer> {
    return await this.type(this.pin + this.otp(this.#counter - 1))
  }

  async mistype(times = 1): Promise<void> {
    for (let i = 0; i < times; i++) await this.type(`${this.pin}000000`)
  }

  async type(password: string): Promise<Answer> {
    return await this.#nas.login(this.user, password)
  }
}
