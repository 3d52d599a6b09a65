import { type Static, Type } from 'typebox'
import type { BatchKind, Db } from './db.ts'
import { columns, sql } from './sql.ts'
import { UserRow } from './users.ts'

const MessageUserRow = Type.Object({ ...UserRow.properties, has_factor: Type.Boolean() })
/** A user as messages speak of it. */
export type MessageUserRow = Static<typeof MessageUserRow>

/** Whether the row of `users` that a statement is at has proved a second factor once. */
export const provedFactor = sql`exists (
          select from authentication_methods as method
           where method.tenant_id = users.tenant_id and method.user_id = users.user_id
             and method.confirmed and method.type <> 'recovery-code')`

/**
 * Whom a message is for, with whether it has proved a second factor once. Messages that are under way at
 * the same time ask together.
 */
export const findMessageUser = (
  db: Db,
  tenantId: string,
  userId: string,
): Promise<MessageUserRow | undefined> => db.batch(reads, { tenantId, userId })

const reads: BatchKind<{ tenantId: string; userId: string }, MessageUserRow | undefined> = {
  name: 'message-users',
  maxItems: 100,
  maxInFlight: 1,
  async run(db, items) {
    const rows = await db.rows(
      MessageUserRow,
      sql`
      select ${columns(UserRow)}, ${provedFactor} as has_factor
        from users
       where (tenant_id, user_id) in (select * from unnest(
         ${items.map(({ tenantId }) => tenantId)}::text[], ${items.map(({ userId }) => userId)}::text[]))`,
    )
    const found = new Map(rows.map((row) => [keyOf(row.tenant_id, row.user_id), row]))
    return items.map(({ tenantId, userId }) => found.get(keyOf(tenantId, userId)))
  },
}

const keyOf = (tenantId: string, userId: string) => JSON.stringify([tenantId, userId])
