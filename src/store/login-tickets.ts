import { Type } from 'typebox'
import type { Db } from './db.ts'
import { sql } from './sql.ts'

const PersonRow = Type.Object({ user_id: Type.String() })

/** The model under which tickets stand in `oidc_records`, with the hash of the browser as `uid`. */
export const loginTicketModel = 'LoginTicket'

/**
 * Spends a ticket: it is gone afterwards, also where the browser is another one, so nobody tries twice.
 *
 * @returns the person; undefined for a ticket that is unknown, over, another client's or browser's
 */
export const spendLoginTicket = (
  db: Db,
  tenantId: string,
  ticket: { idHash: Uint8Array; clientId: string; browser: string; now: number },
) =>
  db.first(
    PersonRow,
    sql`
    with spent as (
      delete from oidc_records
       where tenant_id = ${tenantId} and model = ${loginTicketModel} and id_hash = ${ticket.idHash}
      returning user_id, client_id, uid, expires_at)
    select user_id from spent
     where client_id = ${ticket.clientId} and uid = ${ticket.browser}
       and expires_at > ${ticket.now} and user_id is not null`,
  )
