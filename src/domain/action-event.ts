import type { Notification } from '../contract/notifications.ts'
import type { MessageUserRow } from '../store/message-users.ts'
import type { Deps } from './deps.ts'
import { type LeasedMessage, userOfMessage } from './leased-message.ts'
import type { Tenant } from './tenant.ts'

type Members = Record<string, unknown>

/**
 * The event that a `custom-phone-provider` Action gets, without its secrets. Members that are not known
 * are left out, never null. Source: Auth0's reference of the trigger, version 1.
 */
export async function customPhoneProviderEvent(
  deps: Deps,
  tenant: Tenant,
  message: LeasedMessage,
  notification: Notification,
): Promise<Members> {
  const user = await userOfMessage(deps, message)
  const connection = tenant.connections.find(({ name }) => name === message.connection)
  return {
    client: await clientOf(tenant, message),
    configuration: {},
    ...(connection !== undefined && {
      connection: {
        ...{ id: connection.id, name: connection.name, strategy: connection.strategy },
        ...(isFilled(connection.document.metadata) && { metadata: connection.document.metadata }),
      },
    }),
    notification: notificationOf(notification),
    request: requestOf(tenant, message),
    tenant: tenantOf(tenant),
    user: user === undefined ? strangerOf(message) : userOf(user),
  }
}

/** Bodies of both kinds, whatever the delivery: the Action may choose. */
const notificationOf = (notification: Notification): Members => ({
  as_text: notification.as_text,
  as_voice: notification.as_voice,
  ...(notification.code !== undefined && { code: notification.code }),
  delivery_method: notification.delivery_method,
  ...(notification.from !== undefined && { from: notification.from }),
  locale: notification.locale,
  message_type: notification.message_type,
  recipient: notification.recipient,
})

/** A test message comes from no application; it gets one with the tenant's name. */
export async function clientOf(tenant: Tenant, message: LeasedMessage): Promise<Members> {
  const client = message.client_id === null ? undefined : await tenant.client(message.client_id)
  if (client === undefined || message.flow === 'test') {
    const name = textSetting(tenant, 'friendly_name') ?? tenant.id
    return { client_id: message.client_id ?? '', name, metadata: {} }
  }
  const { client_metadata: metadata } = client.document
  return { client_id: client.clientId, name: client.name, metadata: Object(metadata) as Members }
}

/** A message that no request raised has no address. */
export function requestOf(tenant: Tenant, message: LeasedMessage): Members {
  const { ip, user_agent, language } = message.secret.request
  if (ip === '') return { ip: '0.0.0.0', method: 'POST', geoip: {} }
  return {
    ip,
    method: 'POST',
    hostname: new URL(tenant.url).hostname,
    ...(language !== '' && { language }),
    ...(user_agent !== '' && { user_agent }),
    geoip: {},
  }
}

function tenantOf(tenant: Tenant): Members {
  const names = ['friendly_name', 'support_email', 'support_url'] as const
  const known = names.flatMap((name) => {
    const value = textSetting(tenant, name)
    return value === undefined ? [] : [[name, value]]
  })
  const logo = textSetting(tenant, 'picture_url')
  return {
    id: tenant.id,
    ...Object.fromEntries(known),
    ...(logo !== undefined && { logo_url: logo }),
    home_url: tenant.url,
  }
}

function textSetting(tenant: Tenant, name: string): string | undefined {
  const value = tenant.settings[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Profile members that may be shown as they are. */
const profileMembers = ['family_name', 'given_name', 'name', 'nickname', 'picture'] as const

/** What an account says of itself to an Action. */
export function userOf(row: MessageUserRow): Members {
  const { email, username, phone_number, phone_verified, profile } = row
  return {
    ...Object.fromEntries(
      profileMembers.flatMap((name) => {
        const value = profile[name]
        return typeof value === 'string' && value !== '' ? [[name, value]] : []
      }),
    ),
    user_id: row.user_id,
    ...(email !== null && { email }),
    ...(username !== null && { username }),
    email_verified: profile.email_verified === true,
    ...(phone_number !== null && { phone_number }),
    ...(phone_verified !== null && { phone_verified }),
    app_metadata: row.app_metadata ?? {},
    user_metadata: row.user_metadata ?? {},
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
    login_count: row.logins_count,
    ...(row.has_factor && { multifactor: ['guardian'] }),
  }
}

/**
 * Somebody without an account yet. The id is of this message: what the account will be called is
 * decided when it is made.
 */
export function strangerOf(message: LeasedMessage): Members {
  const at = new Date(message.created_at).toISOString()
  return {
    user_id: `sms|${Buffer.from(message.id).toString('hex').slice(-24).padStart(24, '0')}`,
    email_verified: false,
    phone_number: message.secret.recipient,
    phone_verified: false,
    app_metadata: {},
    user_metadata: {},
    created_at: at,
    updated_at: at,
    login_count: 0,
  }
}

const isFilled = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0
