import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, sql } from './sql.ts'

/** What a list of the inbox reads. */
export const InboxMessageRow = Type.Object({
  id: Type.String(),
  sealed: Type.Unsafe<Uint8Array>({}),
})
export type InboxMessageRow = Static<typeof InboxMessageRow>

/**
 * The newest messages of a tenant's inbox, newest first; the table holds at most some thousand rows of
 * a tenant, so the recipient needs no index of its own.
 *
 * @param filter.after only ids greater than this; empty for all
 */
export const listInboxMessages = (
  db: Db,
  tenantId: string,
  filter: { after: string; recipientHash: Uint8Array | undefined; take: number },
) => {
  const recipient =
    filter.recipientHash === undefined ? sql`` : sql`and recipient_hash = ${filter.recipientHash}`
  return db.rows(
    InboxMessageRow,
    sql`
    select ${columns(InboxMessageRow)} from inbox_messages
     where tenant_id = ${tenantId} and id > ${filter.after} ${recipient}
     order by id desc limit ${filter.take}`,
  )
}
