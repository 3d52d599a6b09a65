import { AppError, type RateLimit } from '../base/app-error.ts'
import { type PhoneNumber, parsePhoneNumber } from '../base/phone-number.ts'
import { randomDigits, randomHex } from '../base/random.ts'
import { passwordlessOtpGrant } from '../contract/passwordless.ts'
import { type GuessResult, guessCode, type RefreshTokenToStore } from '../store/challenges.ts'
import type { Bucket } from '../store/limit-buckets.ts'
import { findMessageStatus, insertChallengedMessage } from '../store/messages.ts'
import { isOnAllowList, limitedAddress } from './allow-list.ts'
import { codeHash, normalizeCode } from './codes.ts'
import type { Deps } from './deps.ts'
import { enforceLimits } from './limits.ts'
import { resolveLocale } from './locale.ts'
import { deliverInBackground, placeForDelivery } from './message-delivery.ts'
import { challengeId, newMessageId, readChallengeId } from './message-id.ts'
import { messageRoute } from './message-route.ts'
import { type SealedMessage, sealMessage } from './message-seal.ts'
import { allowsSignup, codeRules, passwordlessConnection } from './passwordless-connection.ts'
import { parseRecipient } from './phone-policy.ts'
import { recipientHash } from './recipients.ts'
import type { Client, Connection, Tenant } from './tenant.ts'
import { loggedNumber, tenantLogRow } from './tenant-logs.ts'
import { newPhoneProfile } from './user-profile.ts'

/** What raises a passwordless code; also the purpose of its challenge. */
const flow = 'passwordless'

/** A checked request to `/passwordless/start`. */
export type PasswordlessStart = {
  client: Client
  connectionName: string
  phoneNumber: string
  send: string | undefined
  authParams: Readonly<Record<string, unknown>> | undefined
  /** The person's address, also behind a confidential client. */
  ip: string
  userAgent: string
  requestLanguage: string | undefined
  acceptLanguage: string | undefined
}

/**
 * Starts a passwordless login by SMS: stores a code and its message and lets the message go.
 *
 * Resolves once both are stored; what becomes of the message is told by `passwordlessStatus`, the
 * message's history and the tenant log. The reply is the same, and takes the same path, for known,
 * unknown and blocked numbers.
 *
 * @throws AppError `unauthorized_client`, `bad_connection`, `bad_phone_number`, `sms_provider_error`,
 *   `too_many_requests`
 */
export async function startPasswordless(
  deps: Deps,
  tenant: Tenant,
  start: PasswordlessStart,
): Promise<{ id: string; phone: PhoneNumber; rateLimit: RateLimit | undefined }> {
  const { client } = start
  assertMayStart(client)
  const connection = enabledConnection(tenant, client, start.connectionName)
  const phone = parseRecipient(tenant, start.phoneNumber)
  assertDeliverable(deps, tenant)

  const hash = recipientHash(tenant, phone.e164)
  const rateLimit = await enforceLimits(
    deps,
    tenant,
    sendingLimits(tenant, { phone, hash, clientId: client.clientId, ip: start.ip }),
    (bucket) => ({
      type: bucket.key.startsWith('address:') ? 'api_limit' : 'limit_phone',
      description: `Messages throttled by the limit "${bucket.key.split(':')[0]}"`,
      client_id: client.clientId,
      client_name: client.name,
      connection: connection.name,
      connection_id: connection.id,
      ip: start.ip,
      user_agent: start.userAgent,
      details: {
        delivery_method: 'text',
        type: 'default',
        trigger_time: new Date(deps.clock.now()).toISOString(),
        reset_time: new Date(Math.ceil(bucket.fullAt)).toISOString(),
        body: { phone_number: loggedNumber(phone.e164), connection: connection.name },
      },
    }),
  )

  const { length, lifetimeS } = codeRules(connection)
  const code = randomDigits(deps.random, length)
  const now = deps.clock.now()
  const id = newMessageId(deps)
  const place = placeForDelivery(deps, now)
  const locale = resolveLocale(tenant, [start.requestLanguage, start.acceptLanguage])
  const secret: SealedMessage = {
    recipient: phone.e164,
    code,
    request: {
      ip: start.ip,
      user_agent: start.userAgent,
      language: start.requestLanguage ?? start.acceptLanguage ?? '',
    },
  }
  const log = {
    client_id: client.clientId,
    client_name: client.name,
    connection: connection.name,
    connection_id: connection.id,
    ip: start.ip,
    user_agent: start.userAgent,
    user_name: loggedNumber(phone.e164),
    strategy: 'sms',
    strategy_type: 'passwordless',
    details: {
      body: startLogBody(tenant, start, phone, connection),
      transaction_id: id,
    },
  }
  const stored = await insertChallengedMessage(deps.db, {
    tenant_id: tenant.id,
    id,
    state: place.state,
    message_type: 'otp_verify',
    flow,
    delivery_method: 'text',
    recipient_masked: loggedNumber(phone.e164),
    recipient_hash: hash,
    country: phone.country ?? null,
    client_id: client.clientId,
    connection: connection.name,
    locale,
    sealed: sealMessage(deps, tenant.id, id, secret),
    lease_owner: deps.nodeId,
    due_at: place.dueAt,
    created_at: now,
    expires_at: now + lifetimeS * 1000,
    code_hash: codeHash(
      tenant,
      { connection: connection.name, purpose: flow, e164: phone.e164 },
      code,
    ),
    phone_number: phone.e164,
    allow_signup: allowsSignup(connection),
    sent_log: tenantLogRow(deps, tenant, { type: 'cs', description: 'Code sent', ...log }),
    suppressed_log: tenantLogRow(deps, tenant, {
      type: 'f',
      description: 'No code was sent: the user is blocked, or is new where sign-up is off',
      ...log,
    }),
  })

  if (place.state === 'sending') {
    deliverInBackground(deps, tenant, {
      tenant_id: tenant.id,
      id,
      message_type: 'otp_verify',
      flow,
      delivery_method: 'text',
      recipient_masked: loggedNumber(phone.e164),
      recipient_hash: hash,
      client_id: client.clientId,
      connection: connection.name,
      user_id: stored.userId,
      locale,
      decoy: stored.decoy,
      secret,
      attempts_count: 1,
      possible_duplicate: false,
      created_at: now,
      expires_at: now + lifetimeS * 1000,
    })
  }
  return { id: challengeId(tenant, id), phone, rateLimit }
}

function assertMayStart(client: Client): void {
  const grants = client.document.grant_types as readonly string[] | undefined
  const finishesElsewhere = client.appType === 'spa'
  if (!client.isGlobal && (finishesElsewhere || grants?.includes(passwordlessOtpGrant))) return
  throw new AppError('unauthorized_client', {
    message: `Grant type '${passwordlessOtpGrant}' not allowed for the client.`,
  })
}

function enabledConnection(tenant: Tenant, client: Client, name: string): Connection {
  const connection = passwordlessConnection(tenant, client, name)
  if (connection === 'unknown') {
    throw new AppError('bad_connection', { message: 'Connection does not exist' })
  }
  if (connection === 'disabled') {
    throw new AppError('bad_connection', { message: 'Connection is disabled' })
  }
  if (connection === 'not_passwordless') {
    throw new AppError('bad_connection', {
      message: 'The strategy of the connection is not passwordless',
    })
  }
  return connection
}

/** Refuses before anything is counted or stored; equal for every number (product ruling 21). */
function assertDeliverable(deps: Deps, tenant: Tenant): void {
  const route = messageRoute(deps, tenant, { deliveryMethod: 'text', test: false })
  const template = tenant.phoneTemplates.find(({ type }) => type === 'otp_verify')
  if (route.to === 'nowhere') {
    throw new AppError('sms_provider_error', { message: route.cause.text })
  }
  if (template?.disabled === true) {
    throw new AppError('sms_provider_error', { message: 'The message template is disabled.' })
  }
}

function sendingLimits(
  tenant: Tenant,
  to: { phone: PhoneNumber; hash: Buffer; clientId: string; ip: string },
): Bucket[] {
  const { phone: limits, suspicious_ip } = tenant.protection
  const throttles = suspicious_ip.enabled && suspicious_ip.shields.includes('block')
  const trusted = isOnAllowList(suspicious_ip.allowlist, to.ip)
  const wanted: [string, { count: number; per_s: number } | null][] = [
    [`number:${to.hash.toString('base64url')}`, limits.number],
  ]
  if (!trusted) {
    if (throttles) wanted.push([`address:${limitedAddress(to.ip)}`, limits.address])
    wanted.push(
      [`application:${to.clientId}`, limits.application],
      [`country:${to.phone.country ?? 'none'}`, limits.country],
      ['tenant', limits.tenant],
    )
  }
  return wanted.flatMap(([key, limit]) =>
    limit === null ? [] : [{ key, count: limit.count, perS: limit.per_s }],
  )
}

function startLogBody(
  tenant: Tenant,
  start: PasswordlessStart,
  phone: PhoneNumber,
  connection: Connection,
): Record<string, unknown> {
  const { state: _, nonce: __, ...authParams } = start.authParams ?? {}
  return {
    client_id: start.client.clientId,
    connection: connection.name,
    phone_number: loggedNumber(phone.e164),
    username: loggedNumber(phone.e164),
    ...(start.send !== undefined && { send: start.send }),
    ...(start.authParams !== undefined && { authParams: maskedParams(authParams) }),
    ...(start.requestLanguage !== undefined && { request_language: start.requestLanguage }),
    tenant: tenant.id,
    ip: start.ip,
    'user-agent': start.userAgent,
  }
}

/** Only what the flow knows; an app may have put a number or a secret into the rest. */
function maskedParams(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const known = ['scope', 'redirect_uri', 'response_type', 'response_mode', 'audience']
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      known.includes(name) && typeof value === 'string' ? maskDigits(value.slice(0, 500)) : '*****',
    ]),
  )
}

const maskDigits = (text: string) => text.replace(/\d{5,}/g, (digits) => 'X'.repeat(digits.length))

/** An attempt to exchange a code. */
export type PasswordlessFinish = {
  client: Client
  connection: Connection
  phone: PhoneNumber
  otp: string
  ip: string
  userAgent: string
  scope: string
  audience: string | undefined
  refreshToken: RefreshTokenToStore | undefined
}

/**
 * Judges a code and signs the person in, in one statement (`store/challenges.ts`).
 *
 * @returns `right` with the user, or why not; `budget` when the number has no guesses left
 */
export function finishPasswordless(
  deps: Deps,
  tenant: Tenant,
  finish: PasswordlessFinish,
): Promise<GuessResult> {
  const { client, connection, phone } = finish
  const number = phone.e164
  const log = {
    client_id: client.clientId,
    client_name: client.name,
    connection: connection.name,
    connection_id: connection.id,
    ip: finish.ip,
    user_agent: finish.userAgent,
    user_name: loggedNumber(number),
    strategy: 'sms',
    strategy_type: 'passwordless',
    scope: finish.scope,
    ...(finish.audience !== undefined && { audience: finish.audience }),
  }
  return guessCode(deps.db, {
    tenantId: tenant.id,
    connection: connection.name,
    purpose: flow,
    recipientHash: recipientHash(tenant, number),
    codeHash: codeHash(
      tenant,
      { connection: connection.name, purpose: flow, e164: number },
      normalizeCode(finish.otp),
    ),
    now: deps.clock.now(),
    budget: guessBudget(tenant, connection, finish.ip),
    phoneNumber: number,
    allowSignup: allowsSignup(connection),
    newUserId: `sms|${randomHex(deps.random, 24)}`,
    newProfile: newPhoneProfile(tenant, number),
    ip: finish.ip,
    refreshToken: finish.refreshToken ?? null,
    logs: {
      signedUp: tenantLogRow(deps, tenant, { type: 'ss', description: 'Signed up', ...log }),
      signedIn: tenantLogRow(deps, tenant, { type: 's', description: 'Signed in', ...log }),
      wrong: tenantLogRow(deps, tenant, {
        type: 'fepotpft',
        description: 'Wrong phone number or verification code.',
        ...log,
      }),
      blocked: tenantLogRow(deps, tenant, { type: 'f', description: 'user is blocked', ...log }),
      budget: tenantLogRow(deps, tenant, {
        type: 'limit_wc',
        description: 'Too many wrong codes for this number',
        ...log,
      }),
    },
  })
}

/**
 * How many wrong codes a number has (product ruling 3), by the tenant's brute-force settings; null
 * when those are off for the tenant, the connection or the address.
 */
function guessBudget(tenant: Tenant, connection: Connection, ip: string): number | null {
  const { enabled, shields, allowlist, max_attempts } = tenant.protection.brute_force
  const off =
    !enabled ||
    !shields.includes('block') ||
    connection.options.brute_force_protection === false ||
    isOnAllowList(allowlist, ip)
  return off ? null : max_attempts
}

/** How long a start's `_id` answers. */
const statusLifetimeMs = 15 * 60_000

/**
 * What became of the message of a start, for whoever holds its `_id`.
 *
 * A decoy tells what a message would have told: sent after a moment, delivered where the inbox is the
 * carrier.
 *
 * @throws AppError `status_unknown`, `too_many_requests`
 */
export async function passwordlessStatus(
  deps: Deps,
  tenant: Tenant,
  request: { id: string; ip: string },
): Promise<{
  state: 'queued' | 'sent' | 'delivered' | 'failed'
  final: boolean
  rateLimit: RateLimit | undefined
}> {
  const rateLimit = await enforceLimits(
    deps,
    tenant,
    [{ key: `status:${limitedAddress(request.ip)}`, count: 60, perS: 60 }],
    () => ({
      type: 'api_limit',
      description: 'Delivery state asked for too often',
      ip: request.ip,
    }),
  )
  const id = readChallengeId(tenant, request.id)
  const message = id === undefined ? undefined : await findMessageStatus(deps.db, tenant.id, id)
  const now = deps.clock.now()
  if (id === undefined || message === undefined || message.created_at < now - statusLifetimeMs) {
    throw new AppError('status_unknown')
  }
  if (message.decoy) return { ...decoyState(deps, tenant, id, now - message.created_at), rateLimit }
  const state = wireState(message.state)
  const reportsFollow = state === 'sent' && deps.options.callbacks
  return { state, final: state !== 'queued' && !reportsFollow, rateLimit }
}

function wireState(state: string): 'queued' | 'sent' | 'delivered' | 'failed' {
  if (state === 'queued' || state === 'sending') return 'queued'
  if (state === 'accepted') return 'sent'
  return state === 'delivered' ? 'delivered' : 'failed'
}

/** Delays are drawn from the id, so a decoy tells the same story each time it is asked. */
function decoyState(deps: Deps, tenant: Tenant, id: string, ageMs: number) {
  const chance = Number.parseInt(id.slice(-6), 16) / 0x1000000
  const route = messageRoute(deps, tenant, { deliveryMethod: 'text', test: false })
  if (route.to === 'inbox') {
    return ageMs < 5 + 20 * chance
      ? { state: 'queued' as const, final: false }
      : { state: 'delivered' as const, final: true }
  }
  if (ageMs < 150 + 450 * chance) return { state: 'queued' as const, final: false }
  if (!deps.options.callbacks) return { state: 'sent' as const, final: true }
  return ageMs < 1500 + 4000 * chance
    ? { state: 'sent' as const, final: false }
    : { state: 'delivered' as const, final: true }
}

/** The number of an exchange; undefined for what can be no number, which answers like a wrong one. */
export const readUsername = (username: string): PhoneNumber | undefined =>
  parsePhoneNumber(username)
