import { setTimeout as sleep } from 'node:timers/promises'
import { randomFraction } from '../base/random.ts'
import type { DeliveryMethod, Flow, MessageType, Notification } from '../contract/notifications.ts'
import { attempt, type End, expired, failed, readDelivery } from './delivery-end.ts'
import type { Deps } from './deps.ts'
import { guardianRoute } from './guardian-sender.ts'
import { sealInboxMessage } from './inbox-seal.ts'
import type { LeasedMessage } from './leased-message.ts'
import { handToLegacy, legacyNeedMs, refusalOf, rememberEnd, replayEnd } from './legacy-delivery.ts'
import type { LegacySender } from './legacy-sender.ts'
import { wireMessageId } from './message-id.ts'
import { secondFactorLogs, warningLog } from './message-log-entries.ts'
import { renderMessage } from './message-rendering.ts'
import { connectionNamed, type MessageRoute, messageRoute } from './message-route.ts'
import { type MessageTemplate, messageTemplate } from './message-template.ts'
import { deliveryLimitMs, handToProvider } from './provider-delivery.ts'
import type { Tenant } from './tenant.ts'

/** How a try ended, and what whoever waits for it is told went wrong. */
export type Tried = { end: End; refusal?: string | undefined }

/**
 * Hands a leased message over, once.
 *
 * @returns `interrupted` when the lease has to run out: this node stops and knows no result
 */
export async function tryDelivery(
  deps: Deps,
  tenant: Tenant,
  message: LeasedMessage,
): Promise<Tried | 'interrupted'> {
  const startedAt = deps.clock.now()
  // The words of the columns are these by construction: only this program writes them.
  const deliveryMethod = message.delivery_method as DeliveryMethod
  const flow = message.flow as Flow
  const connection = connectionNamed(tenant, message.connection)
  // The older settings of MFA are read when a message goes their way, and not before.
  const first = messageRoute(deps, tenant, { flow, connection, deliveryMethod })
  const route = first.to === 'guardian' ? await guardianRoute(deps, tenant, deliveryMethod) : first
  const template = await messageTemplate(deps, tenant, message, route)
  if (message.decoy) return endDecoy(deps, tenant, message, { route, template })
  if (message.expires_at <= startedAt) return told(expired(deps, tenant, message))
  if (route.to === 'nowhere') return told(failed(deps, tenant, message, route.cause))
  if (template === 'disabled') {
    const [text, hint] = ['The message template is disabled.', 'Enable the template.']
    return told(failed(deps, tenant, message, { code: 'template_disabled', text, hint }))
  }
  const rendered = await renderMessage(deps, tenant, message, template)
  const notification: Notification = {
    id: wireMessageId(message.id),
    message_type: message.message_type as MessageType,
    delivery_method: deliveryMethod,
    recipient: message.secret.recipient,
    locale: message.locale,
    ...rendered.content,
    ...(message.secret.code !== undefined && {
      code: message.secret.code,
      expires_at: message.expires_at,
    }),
  }
  const warnings = rendered.warnings.map((text) => warningLog(deps, tenant, message, text))

  if (route.to === 'inbox') {
    const at = deps.clock.now()
    const sealed = sealInboxMessage(deps, tenant, message.id, notification, message.created_at)
    return {
      end: {
        state: 'delivered',
        provider: 'inbox',
        attempt: attempt(message, startedAt, at, 'accepted'),
        logs: [...warnings, ...secondFactorLogs(deps, tenant, message)],
        inbox: { sealed },
      },
    }
  }
  const limitMs =
    route.to === 'provider' ? deliveryLimitMs(route.provider) : legacyNeedMs(route.sender)
  if (!leaseCoversCarrier(deps, message, limitMs)) {
    return { end: { state: 'queued', due_at: deps.clock.now() } }
  }
  // By the clock on the wall, because a decoy will wait as long.
  const handed = performance.now()
  const { delivery, run } =
    route.to === 'provider'
      ? await handToProvider(deps, tenant, route.provider, { message, notification })
      : await handToLegacy(deps, tenant, route.sender, { message, notification })
  if (run?.interrupted === true) return 'interrupted'
  if (route.to === 'connection') {
    rememberEnd(deps, tenant, route, { delivery, tookMs: performance.now() - handed })
  }
  const end = {
    provider: route.to === 'provider' ? route.provider.name : route.sender.kind,
    ...readDelivery(deps, tenant, message, { delivery, run, startedAt, warnings }),
  }
  return delivery.outcome === 'accepted' ? { end } : { end, refusal: refusalOf(delivery) }
}

type FinalRoute =
  | Exclude<MessageRoute, { to: 'guardian' }>
  | { to: 'guardian'; sender: LegacySender }

/** A message that is not meant to leave takes as much work and as long as one that does. */
async function endDecoy(
  deps: Deps,
  tenant: Tenant,
  message: LeasedMessage,
  { route, template }: { route: FinalRoute; template: MessageTemplate | 'disabled' },
): Promise<Tried> {
  if (template !== 'disabled') await renderMessage(deps, tenant, message, template)
  let refusal: string | undefined
  if (route.to === 'connection') refusal = await replayEnd(deps, tenant, route)
  // Where a carrier would be asked now, its answer would be waited for.
  if (route.to === 'provider') await sleep(50 + 200 * randomFraction(deps.random))
  return {
    refusal,
    end: {
      state: 'dropped',
      cause: {
        code: 'suppressed',
        text: 'The user is blocked, or is new where sign-up is off: nothing was sent.',
        hint: 'Unblock the user or allow sign-up on the connection.',
      },
    },
  }
}

const told = (end: End): Tried => ({ end, refusal: end.cause?.text })

/**
 * Whether the lease lasts as long as a carrier may take to answer. It may not, when the database took
 * long to store the message or to say so: another node may have it already. A lease that is shorter
 * than usual leaves the same share of it.
 */
const leaseCoversCarrier = (
  deps: Deps,
  { leased_until }: LeasedMessage,
  limitMs: number,
): boolean => {
  const { leaseMs } = deps.options
  const share = limitMs / usualLeaseMs
  return deps.clock.now() + Math.min(limitMs, share * leaseMs) <= leased_until
}

const usualLeaseMs = 25_000
