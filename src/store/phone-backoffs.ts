import { Type } from 'typebox'
import type { Db } from './db.ts'
import { sql } from './sql.ts'

const firstPauseMs = 30_000
const longestPauseMs = 3_600_000
const forgottenAfterMs = 86_400_000

const BackoffRow = Type.Object({ next_at: Type.Number(), taken: Type.Boolean() })

/**
 * Takes the next message to a number, or says when it may be sent. The pause after each message is twice
 * the one before, from 30 seconds to an hour; a day of silence starts over. Deciding and counting is one
 * statement, so of several requests at once one is let through.
 */
export async function takePhoneBackoff(
  db: Db,
  tenantId: string,
  recipientHash: Uint8Array,
  now: number,
): Promise<{ granted: boolean; nextAt: number }> {
  const sent = sql`
    (case when backoff.last_at < ${now - forgottenAfterMs} then 0 else backoff.sent end)`
  const row = await db.first(
    BackoffRow,
    sql`
    with moved as (
      insert into phone_backoffs as backoff (tenant_id, recipient_hash, sent, next_at, last_at)
      values (${tenantId}, ${recipientHash}, 1, ${now + firstPauseMs}, ${now})
      on conflict (tenant_id, recipient_hash) do update
         set sent = ${sent} + 1, last_at = excluded.last_at,
             next_at = excluded.last_at
               + least(${firstPauseMs}::bigint * (1 << least(${sent}, 10)), ${longestPauseMs}::bigint)
       where backoff.next_at <= ${now} or backoff.last_at < ${now - forgottenAfterMs}
      returning next_at
    )
    select next_at, true as taken from moved
    union all
    select next_at, false from phone_backoffs
     where tenant_id = ${tenantId} and recipient_hash = ${recipientHash}
       and not exists (select from moved)`,
  )
  // Neither taken nor seen: the row is younger than this statement's view. The next one sees it.
  if (row === undefined) return takePhoneBackoff(db, tenantId, recipientHash, now)
  return { granted: row.taken, nextAt: row.next_at }
}

/** Who has proven to have the number is not held up any more. */
export const clearPhoneBackoff = (db: Db, tenantId: string, recipientHash: Uint8Array) =>
  db.run(sql`
    delete from phone_backoffs
     where tenant_id = ${tenantId} and recipient_hash = ${recipientHash}`)

/** Forgets those that start over anyway. */
export const deleteOldPhoneBackoffs = (db: Db, now: number) =>
  db.run(sql`delete from phone_backoffs where last_at < ${now - forgottenAfterMs}`)
