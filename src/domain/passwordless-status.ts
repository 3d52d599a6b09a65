import { AppError, type RateLimit } from '../base/app-error.ts'
import { passwordlessFlow } from '../contract/passwordless.ts'
import { findMessageStatus } from '../store/messages.ts'
import type { Deps } from './deps.ts'
import { readChallengeId } from './message-id.ts'
import { connectionNamed, messageRoute } from './message-route.ts'
import { limitStatusQuestions } from './status-limit.ts'
import type { Tenant } from './tenant.ts'

/** How long a start's `_id` answers. */
const statusLifetimeMs = 15 * 60_000

/**
 * What became of the message of a start, for whoever holds its `_id`.
 *
 * A decoy tells what a message would have told: sent after a moment, delivered where the inbox is the
 * carrier.
 *
 * @param request.login the hash of the login whose page asks
 * @throws AppError `status_unknown`, `too_many_requests`
 */
export async function passwordlessStatus(
  deps: Deps,
  tenant: Tenant,
  request: { id: string; ip: string; login?: Uint8Array },
): Promise<{
  state: 'queued' | 'sent' | 'delivered' | 'failed'
  final: boolean
  rateLimit: RateLimit | undefined
}> {
  const rateLimit = await limitStatusQuestions(deps, tenant, request)
  const id = readChallengeId(tenant, request.id)
  const message = id === undefined ? undefined : await findMessageStatus(deps.db, tenant.id, id)
  const now = deps.clock.now()
  if (id === undefined || message === undefined || message.created_at < now - statusLifetimeMs) {
    throw new AppError('status_unknown')
  }
  if (message.decoy)
    return {
      ...decoyState(deps, tenant, {
        ...{ id, connection: message.connection, ageMs: now - message.created_at },
      }),
      rateLimit,
    }
  const state = wireState(message.state)
  const reportsFollow =
    state === 'sent' &&
    deps.options.callbacks &&
    routeOf(deps, tenant, message.connection).to !== 'connection'
  return { state, final: state !== 'queued' && !reportsFollow, rateLimit }
}

const routeOf = (deps: Deps, tenant: Tenant, connection: string | null) =>
  messageRoute(deps, tenant, {
    flow: passwordlessFlow,
    connection: connectionNamed(tenant, connection),
    deliveryMethod: 'text',
  })

/** The state of a message as a person is told it. */
export function wireState(state: string): 'queued' | 'sent' | 'delivered' | 'failed' {
  if (state === 'queued' || state === 'sending') return 'queued'
  if (state === 'accepted') return 'sent'
  return state === 'delivered' ? 'delivered' : 'failed'
}

/** Delays are drawn from the id, so a decoy tells the same story each time it is asked. */
function decoyState(
  deps: Deps,
  tenant: Tenant,
  { id, connection, ageMs }: { id: string; connection: string | null; ageMs: number },
) {
  const chance = Number.parseInt(id.slice(-6), 16) / 0x1000000
  const route = routeOf(deps, tenant, connection)
  // Whoever has the id has waited for the carrier.
  if (route.to === 'connection') return { state: 'sent' as const, final: true }
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
