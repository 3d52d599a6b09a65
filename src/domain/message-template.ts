import type { Deps } from './deps.ts'
import { guardianText } from './guardian-sender.ts'
import type { LeasedMessage } from './leased-message.ts'
import type { MessageRoute } from './message-route.ts'
import type { Connection, Tenant } from './tenant.ts'

/** The words that a message is made of, wherever they are kept. */
export type MessageTemplate = {
  /** Absent texts are the default ones. */
  body: { text?: string | undefined; voice?: string | undefined }
  /** Sender. */
  from?: string | undefined
  /**
   * It may speak of the user, who is then looked up; asked for nobody too: a stranger's message takes as
   * many statements as an account's.
   */
  namesUser: boolean
  /** How an older template is written; see `RenderInput`. */
  legacy?: 'liquid' | 'macros'
}

type Others = Exclude<MessageRoute['to'], 'connection'>

/**
 * The template of a message on its way: of the tenant, of the connection, or of MFA's older settings.
 *
 * @returns `disabled` when the tenant has switched the template off
 */
export async function messageTemplate(
  deps: Deps,
  tenant: Tenant,
  message: LeasedMessage,
  route: Pick<Extract<MessageRoute, { to: 'connection' }>, 'to' | 'connection'> | { to: Others },
): Promise<MessageTemplate | 'disabled'> {
  if (route.to === 'connection') return connectionTemplate(route.connection)
  if (route.to === 'guardian') {
    const text = await guardianText(deps, tenant, message.flow)
    return { body: { text }, namesUser: false, legacy: 'liquid' }
  }
  const template = tenant.phoneTemplates.find(({ type }) => type === message.message_type)
  if (template === undefined) return { body: {}, namesUser: false }
  if (template.disabled && message.flow !== 'test') return 'disabled'
  const { body, from } = template.content
  return { body, from, namesUser: true }
}

/**
 * The `template` of a connection. Without a `syntax` it has macros, unless it has none and is Liquid by
 * its looks.
 */
function connectionTemplate({ options }: Connection): MessageTemplate {
  const { template, syntax } = options
  if (typeof template !== 'string' || template === '') return { body: {}, namesUser: false }
  const looksLiquid = template.includes('{{') && !template.includes('@@')
  const liquid = syntax === 'liquid' || (syntax == null && looksLiquid)
  return { body: { text: template }, namesUser: false, legacy: liquid ? 'liquid' : 'macros' }
}
