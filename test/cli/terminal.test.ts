import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { OTPS, SECRET_HEX } from '../admin/make_admin.ts'
import { hasTerminal, runInTerminal } from './run_in_terminal.ts'
import { makeSandbox, PROGRAM, type Sandbox } from './run_sallyport.ts'

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await makeSandbox()
})
afterEach(async () => await sandbox.close())

const type = (args: string, answers: [string, string][], env = sandbox.env) =>
  runInTerminal([PROGRAM, ...args.split(' ')], answers, env)
const enroll = `token enroll hotp alice --serial H1 --secret-hex ${SECRET_HEX}`
const QUESTION = 'PIN for the new token (empty: none): '
const login = async (password: string) =>
  ((await sandbox.admin.run('login check', { user: 'alice', password })) as { verdict: string }).verdict

const onTerminal = hasTerminal ? describe : describe.skip

onTerminal('on a terminal', () => {
  test('a PIN is asked for twice, is not shown, and the terminal echoes again afterwards', async () => {
    const { status, shown } = await type(enroll, [
      [QUESTION, 'hunter2\r'],
      ['Once more: ', 'hunter2\r'],
    ])
    expect(status).toBe(0)
    expect(shown).not.toContain('hunter2')
    expect(shown).toMatch(/\necho \n$/)
    expect(await login(`hunter2${OTPS[0]}`)).toBe('accept')
  })

  test('a slip of the finger is mended: backspace, Ctrl-U, arrow keys, another try', async () => {
    const { status } = await type(enroll, [
      [QUESTION, '1234\r'],
      ['Once more: ', '1243\r'],
      [QUESTION, 'x\x15ü12\x7f\x1b[D4\r'],
      ['Once more: ', 'ü14\r'],
    ])
    expect(status).toBe(0)
    expect(await login(`ü14${OTPS[0]}`)).toBe('accept')
  })

  test('an empty answer means what the question says', async () => {
    expect(await type(enroll, [[QUESTION, '\r']])).toMatchObject({ status: 0 })
    expect(await login(OTPS[0])).toBe('accept')
    await sandbox.admin.run('token set-pin', { serial: 'H1', pin: '9' })
    expect(await type('token set-pin H1', [['New PIN (empty: none): ', '\r']])).toMatchObject({ status: 0 })
    expect(await login(OTPS[1]!)).toBe('accept')
  })

  test('Ctrl-C at the question ends with 130, changes nothing, and gives the terminal back', async () => {
    const { status, shown } = await type(enroll, [[QUESTION, '12\x03']])
    expect([status, shown]).toEqual([130, `${QUESTION}\nsallyport: interrupted\necho \n`])
    expect(await sandbox.admin.store.countTokens({})).toEqual({ total: 0, isExact: true })
  })

  test('the QR code fits into 80 columns, and is left out where the locale is not UTF-8', async () => {
    const { shown } = await type(`${enroll} --no-pin`, [])
    const code = shown.split('\n').filter((line) => /[█▀▄]{3}/.test(line))
    expect(code.length).toBeGreaterThan(15)
    for (const line of code)
      expect(line.split('48;5;16m')[1]!.split('\x1b')[0]!.length).toBe(code.length * 2 - 1)
    expect(code.length * 2).toBeLessThan(80)
    const plain = await type('token enroll totp bob --no-pin', [], { ...sandbox.env, LANG: 'C' })
    expect(plain.shown).toMatch(/secret {2}[A-Z2-7]{32}\nURI {5}otpauth:\/\/totp\/Sallyport:bob\?/)
    expect(plain.shown).not.toMatch(/[█▀▄]/)
  })

  test('a token is deleted after a yes only', async () => {
    await sandbox.admin.run('token enroll', { type: 'hotp', serial: 'H1' })
    const question = 'H1: Delete this token for good? [y/N] '
    expect(await type('token delete H1', [[question, '\r']])).toEqual({
      status: 1,
      shown: `${question}\nsallyport: nothing was changed\necho \n`,
    })
    expect(await sandbox.admin.store.countTokens({})).toEqual({ total: 1, isExact: true })
    expect(await type('token delete H1', [[question, 'y\r']])).toEqual({
      status: 0,
      shown: `${question}y\ndeleted  H1\necho \n`,
    })
  })

  test('a table is cut to the width, but never a serial', async () => {
    const [serial, user, description] = ['S'.repeat(24), 'u'.repeat(60), 'd'.repeat(200)]
    await sandbox.admin.run('token enroll', { type: 'hotp', serial, user, description })
    const { shown } = await type('token list', [])
    const [header, row] = shown.split('\n')
    expect(Math.max(header!.length, row!.length)).toBeLessThanOrEqual(80)
    expect(row).toMatch(/^S{24} {2}hotp {2}u+… {2}ok +0\/10 {2}never +d+…$/)
  })
})
