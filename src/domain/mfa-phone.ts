import { AppError } from '../base/app-error.ts'
import { maskPhoneNumber, type PhoneNumber, parsePhoneNumber } from '../base/phone-number.ts'
import { randomDigits } from '../base/random.ts'
import { keyedHash } from '../base/secret-box.ts'
import type { MfaChannel } from '../contract/mfa.ts'
import {
  type AuthenticationMethodRow,
  deletePendingMethods,
  insertAuthenticationMethod,
  listAuthenticationMethods,
} from '../store/authentication-methods.ts'
import type { Db } from '../store/db.ts'
import { insertPlainMessage } from '../store/messages.ts'
import { putMfaChallenge } from '../store/mfa-challenges.ts'
import { insertTenantLog } from '../store/tenant-logs.ts'
import { findUser } from '../store/users.ts'
import { loggedAuthenticator, maxMethodsOfType, newDeviceId } from './authentication-methods.ts'
import type { Deps } from './deps.ts'
import { resolveLocale } from './locale.ts'
import { mfaHandleHash, newMfaHandle } from './mfa-handle.ts'
import { enforceMfaLimits } from './mfa-limits.ts'
import { sendMfaMessage } from './mfa-message.ts'
import { offerRecoveryCode } from './mfa-recovery.ts'
import { countedMethods, deliveryMethodOf, type MfaSettings, mfaSettings } from './mfa-settings.ts'
import { parseRecipient } from './phone-policy.ts'
import type { Tenant } from './tenant.ts'
import { type LogEntry, tenantLogRow, writeTenantLog } from './tenant-logs.ts'

/** How long a code of a second factor lives. Source: authentication-api 3.1. */
const codeLifetimeMs = 300_000

/** Who asks for a code, and what the message and the log say of it. */
export type MfaSender = {
  userId: string
  /** What the code belongs to: the `owner` of an `MfaTransaction`, or a page's transaction. */
  owner: string
  clientId: string | null
  clientName?: string | undefined
  /** Name of the connection of the first factor. */
  connection: string | null
  ip: string
  userAgent: string
  /** `x-request-language`, `ui_locales`, `accept-language`, in the order of their rank. */
  languages: readonly (string | undefined)[]
  /** The code will be typed into a page of the tenant's own host. */
  onPage?: true
}

/** A code that is on its way. */
export type MfaSent = {
  /** `oob_code`: by it the code is finished. */
  handle: string
  deviceId: string
  channel: MfaChannel
  maskedNumber: string
  messageId: string
  /** The person's new recovery code, with the first factor; to be shown once. */
  recoveryCode?: string
  /** Under MFA's older settings: what whoever sends answered, when it did not take the message. */
  refusal?: string
}

/**
 * Begins to enrol a phone: keeps it unconfirmed and sends a code by `otp_enroll`. A former enrolment that
 * was never confirmed is forgotten, so a number can be corrected.
 *
 * The caller has made sure that the person may enrol (`mfaRequirement` says `enroll`, or the person has
 * proven itself).
 *
 * @throws AppError `bad_phone_number`, `invalid_request` when the channel is not offered or the person has
 *   the number already, `too_many_attempts`, `too_many_requests`
 */
export async function startPhoneEnrolment(
  deps: Deps,
  tenant: Tenant,
  start: MfaSender & { phoneNumber: string; channel: MfaChannel },
): Promise<MfaSent> {
  const { userId, channel } = start
  const settings = await mfaSettings(deps, tenant)
  assertOffered(settings, channel)
  const phone = parseRecipient(tenant, start.phoneNumber)
  const present = await listAuthenticationMethods(deps.db, tenant.id, userId)
  const phones = present.filter(({ type, confirmed }) => type === 'phone' && confirmed)
  if (phones.some(({ phone_number }) => phone_number === phone.e164)) {
    throw new AppError('invalid_request', { message: 'The phone is enrolled already.' })
  }
  if (phones.length >= maxMethodsOfType) {
    await writeTenantLog(deps, tenant, { ...senderLog(start), type: 'too_many_records' })
    throw new AppError('invalid_request', {
      message: 'The user has as many phones as it may have.',
    })
  }
  const device: AuthenticationMethodRow = {
    tenant_id: tenant.id,
    id: newDeviceId(deps),
    user_id: userId,
    type: 'phone',
    confirmed: false,
    name: null,
    phone_number: phone.e164,
    email: null,
    preferred: channel,
    // The text and the call to one number are enrolled together.
    channels: [...settings.channels],
    sealed_secret: null,
    secret_hash: null,
    last_step: null,
    document: {},
    created_at: deps.clock.now(),
    enrolled_at: null,
    last_auth_at: null,
  }
  let recoveryCode: string | undefined
  const sent = await send(deps, tenant, start, {
    ...{ flow: 'mfa_enroll', channel, phone, device },
    async alongside(tx) {
      await deletePendingMethods(tx, tenant.id, userId, ['phone'])
      await insertAuthenticationMethod(tx, device)
      recoveryCode = await offerRecoveryCode(deps, tenant, tx, { userId, settings })
    },
  })
  return { ...sent, ...(recoveryCode !== undefined && { recoveryCode }) }
}

/**
 * Sends a code to an enrolled phone by `otp_verify`; once more is a resend, by the other channel a
 * switch. Always a new code; the former is dead.
 *
 * @param start.deviceId undefined: the phone used last
 * @param start.channel undefined: the one the person prefers, where it is offered
 * @throws AppError `unsupported_challenge_type` when there is no such phone or channel now,
 *   `too_many_attempts`, `too_many_requests`
 */
export async function startPhoneChallenge(
  deps: Deps,
  tenant: Tenant,
  start: MfaSender & { deviceId?: string | undefined; channel?: MfaChannel | undefined },
): Promise<MfaSent> {
  const settings = await mfaSettings(deps, tenant)
  const rows = await listAuthenticationMethods(deps.db, tenant.id, start.userId)
  const phones = latestFirst(countedMethods(settings, rows).filter(({ type }) => type === 'phone'))
  const device = phones.find(({ id }) => start.deviceId === undefined || id === start.deviceId)
  const wished = start.channel ?? device?.preferred
  const channel =
    start.channel === undefined
      ? (settings.channels.find((each) => each === wished) ?? settings.channels[0])
      : settings.channels.find((each) => each === start.channel)
  const phone = parsePhoneNumber(device?.phone_number ?? '')
  if (device === undefined || channel === undefined || phone === undefined) {
    throw new AppError('unsupported_challenge_type')
  }
  return send(deps, tenant, start, { flow: 'mfa_challenge', channel, phone, device })
}

/** A code as it stands in the database: bound to its person and to the value it is asked about by. */
export const mfaCodeHash = (tenant: Tenant, userId: string, handle: string, code: string): Buffer =>
  keyedHash(tenant.hashKey, 'mfa-code', userId, handle, code)

/** Devices in the order in which they are offered: the one used last first. */
export const latestFirst = (rows: readonly AuthenticationMethodRow[]): AuthenticationMethodRow[] =>
  [...rows].sort((one, other) => (other.last_auth_at ?? 0) - (one.last_auth_at ?? 0))

/** What every entry about a second factor says of who asks. */
export const senderLog = (
  sender: Omit<MfaSender, 'owner' | 'languages'>,
): Omit<LogEntry, 'type'> => ({
  user_id: sender.userId,
  ...(sender.clientId !== null && { client_id: sender.clientId }),
  ...(sender.clientName !== undefined && { client_name: sender.clientName }),
  ...(sender.connection !== null && { connection: sender.connection }),
  ip: sender.ip,
  user_agent: sender.userAgent,
})

function assertOffered(settings: MfaSettings, channel: MfaChannel): void {
  if (settings.channels.includes(channel)) return
  throw new AppError('invalid_request', { message: `Codes are not sent by ${channel} here.` })
}

/** Stores the code, its message and the entry in one transaction, and lets the message go. */
async function send(
  deps: Deps,
  tenant: Tenant,
  sender: MfaSender,
  code: {
    flow: 'mfa_enroll' | 'mfa_challenge'
    channel: MfaChannel
    phone: PhoneNumber
    device: AuthenticationMethodRow
    alongside?: (tx: Db) => Promise<void>
  },
): Promise<MfaSent> {
  const { flow, channel, phone, device } = code
  const { userId, clientId } = sender
  const log = { ...senderLog(sender), details: { authenticator: loggedAuthenticator(device) } }
  const user = await findUser(deps.db, tenant.id, userId)
  if (user === undefined || user.blocked === true) throw new AppError('user_blocked')
  await enforceMfaLimits(deps, tenant, { userId, phone, channel, clientId, log })

  const now = deps.clock.now()
  const expiresAt = now + codeLifetimeMs
  const digits = randomDigits(deps.random, 6)
  const handle = newMfaHandle(deps, tenant, sender.owner, expiresAt)
  const started = tenantLogRow(deps, tenant, {
    ...log,
    type: flow === 'mfa_enroll' ? 'gd_start_enroll' : 'gd_start_auth',
    description: flow === 'mfa_enroll' ? 'Enrolment started' : 'Second factor asked for',
  })
  const { id, refusal } = await sendMfaMessage(deps, tenant, {
    ...{ flow, deliveryMethod: deliveryMethodOf(channel), phone, code: digits, expiresAt, userId },
    clientId,
    connection: sender.connection,
    locale: resolveLocale(tenant, sender.languages),
    request: {
      ip: sender.ip,
      user_agent: sender.userAgent,
      language: sender.languages.find((language) => language !== undefined) ?? '',
      ...(sender.onPage && { on_page: true as const }),
    },
    store: (row) =>
      deps.db.transaction(async (tx) => {
        // First, because a guess locks the same row first: two of them never wait for each other.
        await putMfaChallenge(tx, {
          ...{
            tenantId: tenant.id,
            userId,
            methodId: device.id,
            channel,
            clientId,
            expiresAt,
            now,
          },
          handleHash: mfaHandleHash(handle),
          codeHash: mfaCodeHash(tenant, userId, handle, digits),
          messageId: row.id,
        })
        await code.alongside?.(tx)
        await insertPlainMessage(tx, row)
        await insertTenantLog(tx, started)
      }),
  })
  if (refusal !== undefined && flow === 'mfa_enroll') {
    await writeTenantLog(deps, tenant, {
      ...log,
      type: 'gd_start_enroll_failed',
      description: 'The code could not be sent',
    })
  }
  return {
    ...{ handle, channel, deviceId: device.id, messageId: id },
    maskedNumber: maskPhoneNumber(phone.e164),
    ...(refusal !== undefined && { refusal }),
  }
}
