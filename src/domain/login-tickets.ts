import { randomToken } from '../base/random.ts'
import { tokenHash } from '../base/secret-box.ts'
import { loginTicketModel, spendLoginTicket as spendRow } from '../store/login-tickets.ts'
import { putOidcRecord } from '../store/oidc-records.ts'
import type { Deps } from './deps.ts'
import type { Client, Tenant } from './tenant.ts'

/** How long a page has to go on with its ticket. */
const ticketLifetimeMs = 60_000

const browserHash = (cookie: string): string => tokenHash(cookie).toString('base64url')

/**
 * Makes the ticket of a person whose first factor was right on an application's own page. It is worth a
 * session at `/authorize`, once, for the same client, in the browser that has the cookie.
 */
export async function issueLoginTicket(
  deps: Deps,
  tenant: Tenant,
  login: { client: Client; userId: string; connection: string },
): Promise<{ ticket: string; cookie: string }> {
  const [ticket, cookie] = [randomToken(deps.random), randomToken(deps.random)]
  const now = deps.clock.now()
  await putOidcRecord(deps.db, {
    ...{ tenant_id: tenant.id, model: loginTicketModel, id_hash: tokenHash(ticket) },
    ...{ payload: { connection: login.connection }, uid: browserHash(cookie) },
    ...{ user_id: login.userId, client_id: login.client.clientId },
    ...{ created_at: now, expires_at: now + ticketLifetimeMs },
  })
  return { ticket, cookie }
}

/** @returns who logged in; undefined for a ticket that is worth nothing here */
export async function spendLoginTicket(
  deps: Deps,
  tenant: Tenant,
  login: { ticket: string; client: Client; cookie: string | undefined },
): Promise<string | undefined> {
  const person = await spendRow(deps.db, tenant.id, {
    ...{ idHash: tokenHash(login.ticket), clientId: login.client.clientId },
    ...{ browser: browserHash(login.cookie ?? ''), now: deps.clock.now() },
  })
  return person?.user_id
}
