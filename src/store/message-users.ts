import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, sql } from './sql.ts'
import { UserRow } from './users.ts'

const MessageUserRow = Type.Object({ ...UserRow.properties, has_factor: Type.Boolean() })
/** A user as messages speak of it. */
export type MessageUserRow = Static<typeof MessageUserRow>

/** Whom a message is for, with whether it has proved a second factor once. */
export const findMessageUser = (db: Db, tenantId: string, userId: string) =>
  db.first(
    MessageUserRow,
    sql`
    select ${columns(UserRow)}, exists (
        select from authentication_methods as method
         where method.tenant_id = users.tenant_id and method.user_id = users.user_id
           and method.confirmed and method.type <> 'recovery-code') as has_factor
      from users where tenant_id = ${tenantId} and user_id = ${userId}`,
  )
