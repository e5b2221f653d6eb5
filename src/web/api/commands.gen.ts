/** The command table as the console sees it. Written by scripts/console_types.ts: run that, do not edit this. */
export type Role = 'viewer' | 'helpdesk' | 'admin'

export type TokenView = { serial: string; type: string; user: string | null; active: boolean; pending: boolean; locked: boolean; description: string | null; digits: number; algorithm: string | null; period: number | null; counter: number; window: number; syncWindow: number; drift: number; failCount: number; maxFail: number; attemptCount: number; maxAttempts: number | null; successCount: number; maxSuccesses: number | null; validFrom: string | null; validUntil: string | null; pinSet: boolean; changePin: boolean; createdAt: string; lastUsedAt: string | null }
export type AuditEntry = { id: number; at: string; node: string; actor: string; source: string; user: string | null; serials: string[]; action: string; outcome: Outcome; reason: string | null; detail: string | null }
export type Outcome = "accept" | "reject" | "challenge" | "done" | "refused"
export type Explained = { id: number; at: string; node: string; actor: string; source: string; user: string | null; serials: string[]; action: string; outcome: Outcome; reason: string | null; detail: string | null; explanation: string }
export type Fix = { command: string; input: Record<string, unknown>; words: string }
export type SessionView = { id: number; user: string | null; client: string; active: boolean; startedAt: string; updatedAt: string; stoppedAt: string | null; durationSeconds: number; inputOctets: number; outputOctets: number; framedIpAddress: string | null; callingStationId: string | null; terminateCause: string | null; class: string | null; acctSessionId: string; nasIpAddress: string | null; nasIdentifier: string | null; source: string; records: number }
export type Fault = { client: string; reason: string; count: number; lastAt: string; address: string | null; cause: string; remedy: string }
export type Disconnect = { session: number; client: string; outcome: "acknowledged" | "refused" | "no-answer" | "not-allowed"; why: string | null }
export type TokenSort = NonNullable<Commands['token list']['input']['sort']>

export interface Commands {
  "token enroll": { input: { digits?: 6 | 8; algorithm?: "sha1" | "sha256" | "sha512"; counter?: number; period?: 30 | 60; type: "hotp" | "totp"; user?: string; serial?: string; secret?: string; secretHex?: string; pin?: string; description?: string; window?: number; syncWindow?: number; maxFail?: number; pending?: boolean }; output: { token: TokenView; otpauthUri: string | null; secret: string | null } }
  "token confirm": { input: { serial: string; otp: string }; output: { token: TokenView } }
  "token show": { input: { serial: string }; output: { token: TokenView } }
  "token list": { input: { user?: string; serial?: string; type?: "hotp" | "totp" | "password"; active?: boolean; locked?: boolean; assigned?: boolean; pending?: boolean; expiresBefore?: string; unusedSince?: string; search?: string; sort?: "serial" | "-serial" | "user" | "-user" | "created" | "-created" | "used" | "-used" | "failures" | "-failures"; limit?: number; cursor?: string }; output: { tokens: TokenView[]; nextCursor: string | null; total: number; totalIsExact: boolean } }
  "token history": { input: { serial: string; limit?: number; cursor?: string }; output: { entries: Explained[]; drift: { at: string; seconds: number; steps: number | null }[]; nextCursor: string | null } }
  "token assign": { input: { serial: string; user: string; pin?: string }; output: { token: TokenView } }
  "token unassign": { input: { serial: string }; output: { token: TokenView } }
  "token enable": { input: { serial: string }; output: { token: TokenView } }
  "token disable": { input: { serial: string; disconnect?: boolean }; output: { token: TokenView; disconnects?: Disconnect[] } }
  "token set-pin": { input: { serial: string; pin: string | null; changeAtNextLogin?: boolean }; output: { token: TokenView } }
  "token reset-fail-count": { input: { serial: string }; output: { token: TokenView } }
  "token resync": { input: { serial: string; otp1: string; otp2: string }; output: { token: TokenView } }
  "token test": { input: { serial: string; otp: string }; output: { found: "window" | "sync-window" | "used" | "nowhere"; distance: number | null; words: string } }
  "token lost": { input: { serial: string }; output: { token: TokenView; password: string } }
  "token set": { input: { serial: string; description?: string | null; window?: number; syncWindow?: number; maxFail?: number; changePin?: boolean; attemptCount?: number; successCount?: number }; output: { token: TokenView } }
  "token set-limits": { input: { serial: string; maxAttempts?: number | null; maxSuccesses?: number | null; validFrom?: string | null; validUntil?: string | null }; output: { token: TokenView } }
  "token delete": { input: { serial: string }; output: { serial: string } }
  "user show": { input: { user: string }; output: { user: string; groups: string[]; reply: string[]; tokens: TokenView[]; recent: { id: number; at: string; node: string; actor: string; source: string; user: string | null; serials: string[]; action: string; outcome: Outcome; reason: string | null; detail: string | null; explanation: string; fix: Fix | null }[] } }
  "user list": { input: { search?: string; limit?: number; cursor?: string }; output: { users: { user: string; tokens: number; locked: number; groups: string[] }[]; nextCursor: string | null } }
  "user set": { input: { user: string; groups?: string[] | null; reply?: string[] | null }; output: { user: string; groups: string[]; reply: string[]; tokens: number } }
  "user reset-fail-count": { input: { user: string }; output: { tokens: TokenView[] } }
  "user set-password": { input: { user: string; password: string }; output: { user: string } }
  "login check": { input: { user: string; password: string; client?: string }; output: { verdict: "accept" | "reject" | "challenge"; reason: string; serials: string[] } }
  "login explain": { input: { id: number }; output: { summary: string; entry: AuditEntry; checks: { check: string; outcome: "passed" | "failed" | "open"; found: string }[]; dialogue: AuditEntry[]; now: { what: string; state: string }[]; advice: { text: string; command: string | null }[] } }
  "login recent": { input: { user?: string; client?: string; outcome?: "accept" | "reject" | "challenge"; reason?: string; after?: number; limit?: number }; output: { logins: { id: number; at: string; node: string; actor: string; source: string; user: string | null; serials: string[]; action: string; outcome: Outcome; reason: string | null; detail: string | null; explanation: string; client: string | null }[]; newest: number; leftOut: boolean } }
  "session list": { input: { user?: string; client?: string; active?: boolean; limit?: number; cursor?: string }; output: { sessions: SessionView[]; nextCursor: string | null } }
  "session show": { input: { id: number }; output: { session: SessionView } }
  "session disconnect": { input: { id: number }; output: { session: SessionView } }
  "audit list": { input: { user?: string; serial?: string; action?: string; outcome?: Outcome; from?: string; to?: string; limit?: number; cursor?: string }; output: { entries: Explained[]; nextCursor: string | null } }
  "audit verify": { input: Record<string, never>; output: { ok: boolean; entries: number; firstBad: { id: number | null; chain: number; problem: string } | null } }
  "client check": { input: { address: string }; output: { address: string; client: { name: string; network: string } | null; why: string; shorter: { name: string; network: string }[]; settings: { name: string; value: string; meaning: string }[]; dropped: { reason: string; count: number; lastAt: string; cause: string; remedy: string }[]; configuration: string[] } }
  "admin add": { input: { user: string; role: "viewer" | "helpdesk" | "admin"; password: string }; output: { administrator: { user: string; role: "viewer" | "helpdesk" | "admin"; tokens: number; usableTokens: number; createdAt: string | null; lastLoginAt: string | null }; notes: string[] } }
  "admin list": { input: Record<string, never>; output: { administrators: { user: string; role: "viewer" | "helpdesk" | "admin"; tokens: number; usableTokens: number; createdAt: string | null; lastLoginAt: string | null }[] } }
  "admin set-role": { input: { user: string; role: "viewer" | "helpdesk" | "admin" }; output: { administrator: { user: string; role: "viewer" | "helpdesk" | "admin"; tokens: number; usableTokens: number; createdAt: string | null; lastLoginAt: string | null }; notes: string[] } }
  "admin set-password": { input: { user: string; password: string }; output: { administrator: { user: string; role: "viewer" | "helpdesk" | "admin"; tokens: number; usableTokens: number; createdAt: string | null; lastLoginAt: string | null }; notes: string[] } }
  "admin remove": { input: { user: string }; output: { user: string; notes: string[] } }
  "admin sessions": { input: { user?: string }; output: { sessions: { id: string; user: string; role: "viewer" | "helpdesk" | "admin" | null; source: string; createdAt: string; lastSeenAt: string; expiresAt: string }[] } }
  "admin revoke": { input: { session?: string; user?: string }; output: { revoked: number } }
  "registration create": { input: { user: string; expiresIn?: string }; output: { user: string; code: string; link: string | null; expiresAt: string } }
  "registration revoke": { input: { user: string }; output: { user: string; revoked: boolean } }
  "server status": { input: Record<string, never>; output: { version: string; node: string; runtime: string; startedAt: string; uptimeSeconds: number; database: { url: string; reachable: boolean }; admin: { socket: string }; workers: { pid: number; logins: number }[]; listeners: { address: string; receiveBuffer: number; kernelDrops: number | null }[]; radsec?: { listeners: string[]; certificateExpiresAt: string | null }; eap: { serverName: string; validUntil: string; warning: string | null } | null; console?: { url: string; certificateExpiresAt: string | null }; clients: { name: string; requests: number; accepts: number; rejects: number; challenges: number; duplicates: number; unsigned: number; faults: number; lastAt: string | null }[]; faults: Fault[]; unknownAddresses: { address: string; count: number; lastAt: string }[]; counters: Record<string, number> } }
  "server activity": { input: { minutes?: number }; output: { from: string; minutes: { at: string; accept: number; reject: number; challenge: number; dropped: number }[]; reasons: { reason: string; count: number; words: string }[] } }
  "server reload": { input: Record<string, never>; output: { clients: number; warnings: string[] } }
}

/** The least role that each needs. */
export const COMMAND_ROLES: Readonly<Record<keyof Commands, Role>> = {
  "token enroll": "admin",
  "token confirm": "helpdesk",
  "token show": "viewer",
  "token list": "viewer",
  "token history": "viewer",
  "token assign": "admin",
  "token unassign": "admin",
  "token enable": "helpdesk",
  "token disable": "helpdesk",
  "token set-pin": "helpdesk",
  "token reset-fail-count": "helpdesk",
  "token resync": "helpdesk",
  "token test": "helpdesk",
  "token lost": "helpdesk",
  "token set": "admin",
  "token set-limits": "admin",
  "token delete": "admin",
  "user show": "viewer",
  "user list": "viewer",
  "user set": "admin",
  "user reset-fail-count": "helpdesk",
  "user set-password": "helpdesk",
  "login check": "helpdesk",
  "login explain": "viewer",
  "login recent": "viewer",
  "session list": "viewer",
  "session show": "viewer",
  "session disconnect": "helpdesk",
  "audit list": "viewer",
  "audit verify": "viewer",
  "client check": "viewer",
  "admin add": "admin",
  "admin list": "viewer",
  "admin set-role": "admin",
  "admin set-password": "admin",
  "admin remove": "admin",
  "admin sessions": "helpdesk",
  "admin revoke": "admin",
  "registration create": "helpdesk",
  "registration revoke": "helpdesk",
  "server status": "viewer",
  "server activity": "viewer",
  "server reload": "admin",
}
