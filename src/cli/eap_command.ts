/** `sallyport eap`: the certificates by which EAP is on, and what devices must be told of them. Needs no running server. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { type Command as Commander, Option } from 'commander'
import { readConfig } from '../config/config.ts'
import { configFile, type GlobalOptions, print, printJson } from './context.ts'
import { EAP_FILES, existing, pathOf, readEapFile, writeEapFiles } from './eap_files.ts'
import { describeProfiles, mobileConfig, type WifiProfile } from './eap_profiles.ts'
import { CliError, ExitStatus, usageError } from './exit_status.ts'
import type { Io } from './io.ts'

const KEY_KINDS = ['ecdsa', 'rsa'] as const

interface InitOptions {
  readonly name: string
  readonly ssid: string
  readonly key: (typeof KEY_KINDS)[number]
}

export const EAP_VERBS: readonly (readonly [verb: string, summary: string])[] = [
  ['init', 'make a private CA and a server certificate: EAP is on from the next reload'],
  ['renew', 'make another server certificate, by the same CA: devices need not be told'],
  ['profile', 'print a .mobileconfig for macOS, iOS and iPadOS'],
]

const SSID = 'YOUR-WIFI'
const NAME = 'radius.sallyport.internal'
const NEXT = 'sallyport server reload'

export function addEapCommand(
  program: Commander,
  globals: () => GlobalOptions,
  io: Io,
  done: (status: number) => void,
): void {
  const eap = program
    .command('eap')
    .description('certificates and device settings for Wi-Fi')
    .helpCommand(false)
  const [init, renew, profile] = EAP_VERBS.map(([verb, summary]) => eap.command(verb).description(summary))
  const key = () =>
    new Option('--key <kind>', 'rsa for devices from before 2015').choices(KEY_KINDS).default('ecdsa')
  init!
    .option('--name <host>', 'the server’s name, which devices check; it need not be in the DNS', NAME)
    .option('--ssid <name>', 'of the Wi-Fi, for the settings that are printed', SSID)
    .addOption(key())
    .action(async (options: InitOptions) => done(await runInit(options, globals(), io)))
  renew!.addOption(key()).action(async (options: InitOptions) => done(await runRenew(options, globals(), io)))
  profile!
    .requiredOption('--ssid <name>', 'of the Wi-Fi')
    .action(async (options: InitOptions) => done(runProfile(options, globals(), io)))
}

async function runInit(options: InitOptions, globals: GlobalOptions, io: Io): Promise<number> {
  const { name, key, ssid } = options
  if (!HOST_NAME.test(name) || name.length > 253) {
    throw usageError(
      `--name ${JSON.stringify(name)} is no host name`,
      'for example: --name radius.example.org',
    )
  }
  const directory = directoryOf(globals, io)
  const there = existing(directory)
  if (there.length > 0) {
    throw new CliError(
      ExitStatus.refused,
      `${directory} has ${there.map((file) => EAP_FILES[file]).join(', ')} already: nothing was changed`,
      'for a new certificate by the same CA: sallyport eap renew',
    )
  }
  const { makeCa, makeServerCertificate } = await import('../certificates.ts')
  const ca = await makeCa(name, key, Date.now())
  const server = await makeServerCertificate(name, ca, key, Date.now())
  writeEapFiles(directory, {
    ca: ca.certificate,
    caKey: ca.key,
    key: server.key,
    chain: server.certificate,
  })
  const profile = { ssid, serverName: name, ca: ca.certificate, caFile: pathOf(directory, 'ca') }
  report(profile, directory, globals, io)
  if (!globals.json) print(io, describeProfiles(profile))
  return ExitStatus.done
}

async function runRenew({ key }: InitOptions, globals: GlobalOptions, io: Io): Promise<number> {
  const directory = directoryOf(globals, io)
  const ca = { certificate: readEapFile(directory, 'ca'), key: readEapFile(directory, 'caKey') }
  if (!new X509Certificate(ca.certificate).checkPrivateKey(createPrivateKey(ca.key))) {
    throw new CliError(
      ExitStatus.refused,
      `${pathOf(directory, 'caKey')} is not the key of ${pathOf(directory, 'ca')}: nothing was changed`,
      'put back the two that belong together',
    )
  }
  const serverName = nameIn(readEapFile(directory, 'chain'))
  const { makeServerCertificate } = await import('../certificates.ts')
  const server = await makeServerCertificate(serverName, ca, key, Date.now())
  writeEapFiles(directory, { key: server.key, chain: server.certificate })
  report(
    { ssid: SSID, serverName, ca: ca.certificate, caFile: pathOf(directory, 'ca') },
    directory,
    globals,
    io,
  )
  return ExitStatus.done
}

function runProfile({ ssid }: InitOptions, globals: GlobalOptions, io: Io): number {
  const directory = directoryOf(globals, io)
  const serverName = nameIn(readEapFile(directory, 'chain'))
  const ca = readEapFile(directory, 'ca')
  io.stdout.write(mobileConfig({ ssid, serverName, ca, caFile: pathOf(directory, 'ca') }))
  return ExitStatus.done
}

const HOST_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/i

function directoryOf(globals: GlobalOptions, io: Io): string {
  return join(readConfig({ file: configFile(globals, io), env: io.env, cwd: io.cwd }).server.dataDir, 'eap')
}

function nameIn(chain: string): string {
  return new X509Certificate(chain).subjectAltName?.match(/DNS:([^,]+)/)?.[1] ?? ''
}

function report(
  { serverName, ca, caFile }: WifiProfile,
  directory: string,
  { json }: GlobalOptions,
  io: Io,
): void {
  const server = new X509Certificate(readEapFile(directory, 'chain'))
  const authority = new X509Certificate(ca)
  const day = (text: string) => new Date(text).toISOString().slice(0, 10)
  const said = {
    directory,
    serverName,
    validUntil: new Date(server.validTo).toISOString(),
    ca: caFile,
    caValidUntil: new Date(authority.validTo).toISOString(),
    caFingerprint: authority.fingerprint256,
  }
  if (json) {
    printJson(io, said)
    return
  }
  print(io, [
    `Server certificate   ${pathOf(directory, 'chain')}, for ${serverName}, until ${day(server.validTo)}`,
    `CA for the devices   ${caFile}, until ${day(authority.validTo)}`,
    `  SHA-256            ${authority.fingerprint256}`,
    `Keep secret          ${pathOf(directory, 'caKey')}: better off this machine until the next renewal`,
    `Next                 ${NEXT}`,
  ])
}
