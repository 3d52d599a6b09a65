import { AppError } from '../base/app-error.ts'
import { randomAlphanumeric } from '../base/random.ts'
import { tokenHash } from '../base/secret-box.ts'
import type { EnrollmentTicketCreate, EnrollmentTicketView } from '../contract/enrollments.ts'
import {
  type EnrollmentTicketRow,
  findEnrollmentTicket,
  insertEnrollmentTicket,
  useEnrollmentTicket,
} from '../store/enrollment-tickets.ts'
import { assertUser } from './authentication-methods.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

/** How long a ticket is good for. Source: the original's default, five days. */
const lifetimeMs = 5 * 86_400_000

/**
 * Makes a link by which a person enrols without signing in first. This server sends no mail: whoever
 * asks for one is told so, and hands the link over himself.
 *
 * @throws AppError `user_not_found`, `operation_not_supported`
 */
export async function createEnrollmentTicket(
  deps: Deps,
  tenant: Tenant,
  create: EnrollmentTicketCreate,
): Promise<EnrollmentTicketView> {
  if (create.send_mail === true) {
    throw new AppError('operation_not_supported', {
      message:
        'This server sends no mail. Create the ticket without send_mail and pass the link on.',
    })
  }
  await assertUser(deps, tenant, create.user_id)
  const ticket = randomAlphanumeric(deps.random, 32)
  const now = deps.clock.now()
  await insertEnrollmentTicket(deps.db, {
    tenant_id: tenant.id,
    ticket_hash: tokenHash(ticket),
    user_id: create.user_id,
    factor: create.factor ?? null,
    allow_multiple: create.allow_multiple_enrollments ?? false,
    created_at: now,
    expires_at: now + lifetimeMs,
    used_at: null,
  })
  return { ticket_id: ticket, ticket_url: `${tenant.url}/mfa/enrollment?ticket=${ticket}` }
}

/** What a ticket is worth at this moment. */
export type TicketState =
  | { state: 'good'; ticket: EnrollmentTicketRow }
  | { state: 'unknown' | 'used' | 'expired' }

/** Looks at a ticket without using it, for the page that it leads to. */
export async function readEnrollmentTicket(
  deps: Deps,
  tenant: Tenant,
  ticket: string,
): Promise<TicketState> {
  const row = await findEnrollmentTicket(deps.db, tenant.id, tokenHash(ticket))
  if (row === undefined) return { state: 'unknown' }
  if (row.used_at !== null) return { state: 'used' }
  if (row.expires_at <= deps.clock.now()) return { state: 'expired' }
  return { state: 'good', ticket: row }
}

/** Uses a ticket up; false when it is not good, or somebody was quicker. */
export const spendEnrollmentTicket = async (
  deps: Deps,
  tenant: Tenant,
  ticket: string,
): Promise<boolean> =>
  (await useEnrollmentTicket(deps.db, tenant.id, tokenHash(ticket), deps.clock.now())) === 1
