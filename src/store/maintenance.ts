import type { Db } from './db.ts'
import { sql } from './sql.ts'

/** Deletes up to `take` rows at a time, so that expiring never holds a table for long. */

/** Messages are kept 30 days; ids sort by time, so each tenant's old rows are one range of its key. */
export const deleteOldMessages = (db: Db, tenantId: string, beforeId: string, take: number) =>
  db.run(sql`
    delete from messages where tenant_id = ${tenantId} and id in (
      select id from messages where tenant_id = ${tenantId} and id < ${beforeId}
       order by id limit ${take})`)

export const deleteOldTenantLogs = (db: Db, tenantId: string, beforeLogId: string, take: number) =>
  db.run(sql`
    delete from tenant_logs where tenant_id = ${tenantId} and log_id in (
      select log_id from tenant_logs where tenant_id = ${tenantId} and log_id < ${beforeLogId}
       order by log_id limit ${take})`)

/** The inbox keeps the newest 1,000 of a tenant, for a day. */
export const trimInbox = (db: Db, tenantId: string, before: number) =>
  db.run(sql`
    delete from inbox_messages where tenant_id = ${tenantId} and (created_at < ${before} or id <= (
      select id from inbox_messages where tenant_id = ${tenantId} order by id desc
      offset 1000 limit 1))`)

export const deleteExpiredRefreshTokens = (db: Db, now: number, take: number) =>
  db.run(sql`
    delete from refresh_tokens where (tenant_id, token_hash) in (
      select tenant_id, token_hash from refresh_tokens where expires_at < ${now} limit ${take})`)
