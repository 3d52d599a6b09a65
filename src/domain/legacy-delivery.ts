import { setTimeout as sleep } from 'node:timers/promises'
import { randomFraction } from '../base/random.ts'
import type { Notification } from '../contract/notifications.ts'
import { deliveryOfRun } from '../providers/custom.ts'
import type { Delivery } from '../providers/phone-provider.ts'
import { gatewayLimitMs, sendToGateway } from '../providers/sms-gateway.ts'
import { twilio } from '../providers/twilio.ts'
import { twilioErrors } from '../providers/twilio-errors.ts'
import { findLastEnd } from '../store/message-history.ts'
import { carrierMemory, type RememberedEnd, recentMs } from './carrier-memory.ts'
import type { DeployedAction } from './deployed-action.ts'
import type { Deps } from './deps.ts'
import type { LeasedMessage } from './leased-message.ts'
import type { LegacySender } from './legacy-sender.ts'
import { concerned, hiddenOf, leaseLeftMs, unexpectedEnd } from './provider-delivery.ts'
import { type ActionRun, runAction } from './run-action.ts'
import { sendPhoneMessageEvent } from './send-phone-message-event.ts'
import type { Connection, Tenant } from './tenant.ts'

/**
 * How much longer than others the lease of a message is that somebody waits for: a gateway may take
 * longer than the usual lease.
 */
export const waitingLeaseShare = 40 / 25

const limits: Record<LegacySender['kind'], number> = {
  twilio: twilio.limitMs,
  sms_gateway: gatewayLimitMs,
  'phone-message-hook': 20_000,
}

/** What a try needs of the lease; with less it does not begin. A takeover gives a gateway less time. */
export const legacyNeedMs = ({ kind }: LegacySender): number => Math.min(limits[kind], 20_000)

/**
 * Hands one notification to a sender of the older settings. Nothing is repeated, whatever it answers:
 * whoever asked for the message is told. Never throws: an outcome is a value.
 */
export async function handToLegacy(
  deps: Deps,
  tenant: Tenant,
  sender: LegacySender,
  input: { message: LeasedMessage; notification: Notification },
): Promise<{ delivery: Delivery; run: ActionRun | undefined }> {
  const { message, notification } = input
  const runs: ActionRun[] = []
  const handOver = async (): Promise<Delivery> => {
    const limitMs = Math.max(1, Math.min(limits[sender.kind], leaseLeftMs(deps, message)))
    const signal = AbortSignal.timeout(Math.ceil(limitMs))
    const now = deps.clock.now()
    switch (sender.kind) {
      case 'sms_gateway': {
        const { request } = message.secret
        const tools = { tenantFetch: deps.tenantFetch, signal, now, request }
        return sendToGateway(notification, sender.gateway, tools)
      }
      case 'twilio':
        return twilio.send(notification, sender, {
          ...{ fetch: deps.fetch, signal, log: deps.log, now },
          twilioUrl: deps.options.twilioUrl,
          runAction: async () => undefined,
        })
      case 'phone-message-hook':
        return runBoundActions(deps, tenant, { ...input, runs, actions: sender.actions })
    }
  }
  const delivery = await handOver().catch((error: unknown) =>
    unexpectedEnd(deps, sender.kind, error),
  )
  return {
    run: joined(runs),
    delivery: delivery.outcome === 'retry' ? { ...delivery, outcome: 'permanent' } : delivery,
  }
}

/** One after the other; the first that fails ends the chain. */
async function runBoundActions(
  deps: Deps,
  tenant: Tenant,
  input: {
    message: LeasedMessage
    notification: Notification
    actions: readonly DeployedAction[]
    runs: ActionRun[]
  },
): Promise<Delivery> {
  const { message, notification, runs } = input
  for (const action of input.actions) {
    const run = await runAction(deps, tenant, 'send-phone-message', {
      action,
      event: () => sendPhoneMessageEvent(deps, tenant, message, notification),
      hidden: hiddenOf(notification),
      limitMs: () => Math.min(limits['phone-message-hook'], leaseLeftMs(deps, message)),
      about: concerned(message),
    })
    if (run === undefined) continue
    runs.push(run)
    const delivery = deliveryOfRun(run.result)
    if (delivery.outcome !== 'accepted') return delivery
  }
  return { outcome: 'accepted' }
}

/** The last run, with what is to be kept of all of them. */
function joined(runs: readonly ActionRun[]): ActionRun | undefined {
  const last = runs.at(-1)
  return (
    last && {
      ...last,
      executions: runs.flatMap(({ executions }) => executions),
      entries: runs.flatMap(({ entries }) => entries),
    }
  )
}

type FromConnection = { connection: Connection; sender: LegacySender }

/**
 * Keeps how the connection's carrier ended a try, for decoys to tell the same story. What was about the
 * number alone is no story of the carrier.
 */
export function rememberEnd(
  deps: Deps,
  tenant: Tenant,
  route: FromConnection,
  { delivery, tookMs }: { delivery: Delivery; tookMs: number },
): void {
  const failed = delivery.outcome !== 'accepted'
  carrierMemory(deps).remember(memoryKey(tenant, route), {
    ...{ at: deps.clock.now(), tookMs },
    ...(failed && !isAboutNumber(delivery) && { refusal: refusalOf(delivery) }),
  })
}

/**
 * Waits as long as the connection's carrier takes and ends as it does, without asking it: a message that
 * is not meant to leave must look like one that does.
 *
 * @returns what whoever waits is told went wrong; undefined for nothing
 */
export async function replayEnd(
  deps: Deps,
  tenant: Tenant,
  route: FromConnection,
): Promise<string | undefined> {
  const chance = randomFraction(deps.random)
  const known = carrierMemory(deps).recall(memoryKey(tenant, route), deps.clock.now(), chance)
  const last = known ?? (await recordedEnd(deps, tenant, route))
  await sleep(last?.tookMs ?? 50 + 200 * chance)
  return last?.refusal
}

/** What another process, or this one before it was started again, saw of the carrier. */
async function recordedEnd(
  deps: Deps,
  tenant: Tenant,
  { connection, sender }: FromConnection,
): Promise<RememberedEnd | undefined> {
  const row = await findLastEnd(deps.db, {
    ...{ tenantId: tenant.id, connection: connection.name, provider: sender.kind },
  })
  const attempt = row?.attempts.at(-1)
  if (row === undefined || attempt === undefined) return undefined
  if (deps.clock.now() - row.updated_at > recentMs) return undefined
  const tookMs = attempt.ended_at - attempt.started_at
  const { provider_error: providerError } = attempt
  const { cause } = row
  if (cause === null || isAboutNumber({ providerError })) return { tookMs }
  return { tookMs, refusal: refusalOf({ cause, providerError }) }
}

const memoryKey = (tenant: Tenant, { connection, sender }: FromConnection): string => {
  const carrier =
    sender.kind === 'sms_gateway'
      ? sender.gateway.url
      : sender.kind === 'twilio'
        ? sender.configuration.sid
        : ''
  return [tenant.id, connection.id, sender.kind, carrier].join('\n')
}

/** A status that a carrier gives for one number and not for another. */
function isAboutNumber({ providerError }: { providerError?: { code: string } | undefined }) {
  const code = providerError?.code ?? ''
  const known = twilioErrors.get(code)
  if (known !== undefined) return known.class === 'P' || known.class === 'F'
  return /^\d+$/.test(code) || ['http_400', 'http_409', 'http_422'].includes(code)
}

/**
 * What whoever asked for a message is told of its failure. The number of a carrier's error stands at the
 * end, where sign-in widgets look for it.
 */
export function refusalOf(failed: {
  cause: { text: string }
  providerError?: { code: string } | undefined
}): string {
  const { code } = failed.providerError ?? {}
  const { text } = failed.cause
  return code !== undefined && /^\d+$/.test(code) ? `${text} (Code: ${code})` : text
}
