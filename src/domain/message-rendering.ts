import type { DeliveryMethod, Flow, MessageType, Notification } from '../contract/notifications.ts'
import type { MessageUserRow } from '../store/message-users.ts'
import { type RenderInput, renderNotification } from '../templates/render.ts'
import type { Deps } from './deps.ts'
import { type LeasedMessage, userOfMessage } from './leased-message.ts'
import type { MessageTemplate } from './message-template.ts'
import type { Tenant } from './tenant.ts'

/** The words of a message, and what was odd about making them. */
export type RenderedMessage = {
  content: Pick<Notification, 'as_text' | 'as_voice' | 'voice_parts' | 'from'>
  warnings: readonly string[]
}

/** Puts a message into words. */
export async function renderMessage(
  deps: Deps,
  tenant: Tenant,
  message: LeasedMessage,
  template: MessageTemplate,
): Promise<RenderedMessage> {
  const user = template.namesUser ? await userOfMessage(deps, message) : undefined
  const client = message.client_id === null ? undefined : await tenant.client(message.client_id)
  const { recipient, code, request } = message.secret
  const text = (name: string) => {
    const value = tenant.settings[name]
    return typeof value === 'string' ? value : undefined
  }
  const { warnings, ...rendered } = renderNotification({
    // The words of the columns are these by construction: only this program writes them.
    type: message.message_type as MessageType,
    deliveryMethod: message.delivery_method as DeliveryMethod,
    content: template.body,
    legacy: template.legacy,
    locale: message.locale,
    code,
    variables: {
      flow: message.flow as Flow,
      recipient,
      request_language: request.language,
      tenant: {
        name: tenant.id,
        friendly_name: text('friendly_name'),
        support_email: text('support_email'),
        support_url: text('support_url'),
        picture_url: text('picture_url'),
      },
      home_url: tenant.url,
      connection: message.connection ?? undefined,
      user: userInput(user, recipient, request.ip),
      client:
        client === undefined
          ? { client_id: '', name: text('friendly_name') ?? tenant.id }
          : {
              client_id: client.clientId,
              name: client.name,
              client_metadata: Object(client.document.client_metadata) as object,
              properties: publicProperties(client.document),
            },
    },
  })
  const { from } = template
  const bound = boundCode(tenant, message)
  return {
    content: {
      ...rendered,
      ...(bound !== undefined && { as_text: `${rendered.as_text}\n\n${bound}` }),
      ...(from !== undefined && { from }),
    },
    warnings,
  }
}

/**
 * The last line of a text whose code is typed into a page of the tenant: browsers that read messages hand
 * the code to this host alone. It means nothing without https.
 *
 * Source: the W3C's format of origin-bound one-time codes.
 */
function boundCode(tenant: Tenant, message: LeasedMessage): string | undefined {
  const { code, request } = message.secret
  const { protocol, hostname } = new URL(tenant.url)
  const isBound = request.on_page === true && message.delivery_method === 'text'
  return isBound && code !== undefined && protocol === 'https:'
    ? `@${hostname} #${code}`
    : undefined
}

/** What stands for all second factors of a person where one word is wanted. */
const secondFactors = ['guardian']

/** What templates may say of an application: nothing that configures it. */
function publicProperties(document: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { description, logo_uri, initiate_login_uri } = document
  return { description, logo_uri, initiate_login_uri }
}

function userInput(
  row: MessageUserRow | undefined,
  recipient: string,
  ip: string,
): NonNullable<RenderInput['variables']['user']> {
  if (row === undefined) return { name: recipient, phone_number: recipient, source_ip: ip }
  const text = (name: string) => {
    const value = row.profile[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    name: text('name'),
    nickname: text('nickname'),
    given_name: text('given_name'),
    family_name: text('family_name'),
    picture: text('picture'),
    login_count: row.logins_count,
    user_metadata: row.user_metadata ?? {},
    app_metadata: row.app_metadata ?? {},
    email: row.email ?? undefined,
    email_verified: row.profile.email_verified === true,
    phone_number: row.phone_number ?? undefined,
    phone_verified: row.phone_verified ?? false,
    multifactor: row.has_factor ? secondFactors : undefined,
    source_ip: ip,
  }
}
