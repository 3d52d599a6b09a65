import { AppError, type RateLimit } from '../base/app-error.ts'
import type { PhoneNumber } from '../base/phone-number.ts'
import { randomDigits } from '../base/random.ts'
import { passwordlessFlow as flow, passwordlessOtpGrant } from '../contract/passwordless.ts'
import type { Bucket } from '../store/limit-buckets.ts'
import { insertChallengedMessage } from '../store/messages.ts'
import { isOnAllowList, limitedAddress } from './allow-list.ts'
import { codeHash } from './codes.ts'
import type { Deps } from './deps.ts'
import type { LeasedMessage } from './leased-message.ts'
import { enforceLimits } from './limits.ts'
import { resolveLocale } from './locale.ts'
import {
  deliverAndWait,
  deliverInBackground,
  placeForDelivery,
  placeForWaiting,
} from './message-delivery.ts'
import { challengeId, newMessageId } from './message-id.ts'
import { type MessageRoute, messageRoute } from './message-route.ts'
import { type SealedMessage, sealMessage } from './message-seal.ts'
import { allowsSignup, codeRules, passwordlessConnection } from './passwordless-connection.ts'
import { startLogBody } from './passwordless-start-log.ts'
import { enforcePhoneBackoff } from './phone-backoff.ts'
import { parseRecipient } from './phone-policy.ts'
import { recipientHash } from './recipients.ts'
import type { Client, Connection, Tenant } from './tenant.ts'
import { loggedNumber, requestLog, tenantLogRow } from './tenant-logs.ts'

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
  /** Started by a sign-in page: the client needs no grant of its own for the code. */
  onPage?: boolean
  requestLanguage: string | undefined
  acceptLanguage: string | undefined
}

/**
 * Starts a passwordless login by SMS: stores a code and its message and lets the message go.
 *
 * Resolves once both are stored; what becomes of the message is told by `passwordlessStatus`, the
 * message's history and the tenant log. Where the connection sends by itself, it resolves when its
 * carrier has answered. The reply is the same, and takes the same path, for known, unknown and blocked
 * numbers.
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
  if (start.onPage !== true) assertMayStart(client)
  const connection = enabledConnection(tenant, client, start.connectionName)
  const phone = parseRecipient(tenant, start.phoneNumber)
  const route = assertDeliverable(deps, tenant, connection)

  const hash = recipientHash(tenant, phone.e164)
  const about = requestLog({ ...start, connection })
  const rateLimit = await enforceLimits(
    deps,
    tenant,
    sendingLimits(tenant, { phone, hash, clientId: client.clientId, ip: start.ip }),
    (bucket) => ({
      type: bucket.key.startsWith('address:') ? 'api_limit' : 'limit_phone',
      description: `Messages throttled by the limit "${bucket.key.split(':')[0]}"`,
      ...about,
      details: {
        delivery_method: 'text',
        type: 'default',
        trigger_time: new Date(deps.clock.now()).toISOString(),
        reset_time: new Date(Math.ceil(bucket.fullAt)).toISOString(),
        body: { phone_number: loggedNumber(phone.e164), connection: connection.name },
      },
    }),
  )

  await enforcePhoneBackoff(deps, tenant, {
    hash,
    deliveryMethod: 'text',
    log: {
      ...about,
      details: { body: { phone_number: loggedNumber(phone.e164), connection: connection.name } },
    },
  })

  const { length, lifetimeS } = codeRules(connection)
  const code = randomDigits(deps.random, length)
  const now = deps.clock.now()
  const id = newMessageId(deps)
  // The older way is part of the request: its failure is told.
  const waits = route.to === 'connection'
  const place = waits ? placeForWaiting(deps, now) : placeForDelivery(deps, now)
  // Tenant code is told of the person; for others it would be read for nothing.
  const wantsUser = route.to === 'provider' && route.provider.name === 'custom'
  const locale = resolveLocale(tenant, [start.requestLanguage, start.acceptLanguage])
  const secret: SealedMessage = {
    recipient: phone.e164,
    code,
    request: {
      ip: start.ip,
      user_agent: start.userAgent,
      language: start.requestLanguage ?? start.acceptLanguage ?? '',
      ...(start.onPage && { on_page: true as const }),
    },
  }
  const log = {
    ...about,
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
    wants_user: wantsUser,
    sent_log: tenantLogRow(deps, tenant, { type: 'cs', description: 'Code sent', ...log }),
    suppressed_log: tenantLogRow(deps, tenant, {
      type: 'f',
      description: 'No code was sent: the user is blocked, or is new where sign-up is off',
      ...log,
    }),
  })

  if (place.state === 'sending') {
    const message = {
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
      ...(wantsUser && { user: { row: stored.user } }),
      secret,
      attempts_count: 1,
      possible_duplicate: false,
      leased_until: place.dueAt,
      created_at: now,
      expires_at: now + lifetimeS * 1000,
    }
    if (waits) await deliverOrRefuse(deps, tenant, message, rateLimit)
    else deliverInBackground(deps, tenant, message)
  }
  return { id: challengeId(tenant, id), phone, rateLimit }
}

/** @throws AppError `sms_provider_error` with what the carrier answered */
async function deliverOrRefuse(
  deps: Deps,
  tenant: Tenant,
  message: LeasedMessage,
  rateLimit: RateLimit | undefined,
): Promise<void> {
  const refusal = await deliverAndWait(deps, tenant, message)
  if (refusal === undefined) return
  throw new AppError('sms_provider_error', {
    message: refusal,
    ...(rateLimit !== undefined && { rateLimit }),
  })
}

function assertMayStart(client: Client): void {
  const grants = client.document.grant_types as readonly string[] | undefined
  const finishesElsewhere = client.appType === 'spa'
  const ours = client.isFirstParty && !client.isGlobal
  if (ours && (finishesElsewhere || grants?.includes(passwordlessOtpGrant))) return
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
function assertDeliverable(deps: Deps, tenant: Tenant, connection: Connection): MessageRoute {
  const route = messageRoute(deps, tenant, { flow, connection, deliveryMethod: 'text' })
  const template = tenant.phoneTemplates.find(({ type }) => type === 'otp_verify')
  if (route.to === 'nowhere') {
    throw new AppError('sms_provider_error', { message: route.cause.text })
  }
  if (route.to !== 'connection' && template?.disabled === true) {
    throw new AppError('sms_provider_error', { message: 'The message template is disabled.' })
  }
  return route
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
