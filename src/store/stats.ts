import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { sql } from './sql.ts'

/** A day of a tenant; `day` counts from 1970, in UTC. */
export const DailyStatsRow = Type.Object({
  day: Type.Number(),
  logins: Type.Number(),
  signups: Type.Number(),
  leaked_passwords: Type.Number(),
  created_at: Type.Number(),
  updated_at: Type.Number(),
})
export type DailyStatsRow = Static<typeof DailyStatsRow>

const dayMs = 86_400_000

/** Everything below this transaction is committed or gone, see `log-streams.ts`. */
const horizon = sql`pg_snapshot_xmin(pg_current_snapshot())`

/** The types of entries that a day counts. Source: Auth0's log event type codes. */
const counted = sql`type in ('s', 'ss', 'pwd_leak', 'signup_pwd_leak', 'reset_pwd_leak')`
const counts = sql`
  count(*) filter (where type = 's') as logins, count(*) filter (where type = 'ss') as signups,
  count(*) filter (where type like '%pwd_leak') as leaked_passwords,
  min(date) as first_at, max(date) as last_at`

/**
 * Adds to a tenant's days what was logged since the last time. Whoever comes second finds nothing left:
 * the row of progress is locked, and says up to which transaction the days hold everything.
 */
export async function foldDailyStats(db: Db, tenantId: string): Promise<void> {
  await db.run(sql`
    insert into stats_progress (tenant_id, counted_to) values (${tenantId}, '0')
    on conflict (tenant_id) do nothing`)
  await db.run(sql`
    with progress as (
      select counted_to, ${horizon} as upto from stats_progress
       where tenant_id = ${tenantId} for update skip locked
    ), fresh as (
      select tenant_logs.date / ${dayMs} as day, ${counts}
        from progress join tenant_logs
          on tenant_id = ${tenantId} and written_in >= counted_to and written_in < upto
       where ${counted} group by 1
    ), moved as (
      update stats_progress set counted_to = greatest(progress.counted_to, progress.upto)
        from progress
       where stats_progress.tenant_id = ${tenantId} and exists (
         select from tenant_logs
          where tenant_logs.tenant_id = ${tenantId} and written_in >= progress.counted_to
            and written_in < progress.upto)
    )
    insert into daily_stats (tenant_id, day, logins, signups, leaked_passwords, created_at, updated_at)
    select ${tenantId}, day, logins, signups, leaked_passwords, first_at, last_at from fresh
    on conflict (tenant_id, day) do update set
      logins = daily_stats.logins + excluded.logins,
      signups = daily_stats.signups + excluded.signups,
      leaked_passwords = daily_stats.leaked_passwords + excluded.leaked_passwords,
      updated_at = greatest(daily_stats.updated_at, excluded.updated_at)`)
}

/** The days of a range on which anything was counted, with what the days do not hold yet. */
export const listDailyStats = (db: Db, tenantId: string, from: number, to: number) =>
  db.rows(
    DailyStatsRow,
    sql`
    with fresh as (
      select date / ${dayMs} as day, ${counts} from tenant_logs
       where tenant_id = ${tenantId} and ${counted} and written_in >= coalesce((
         select counted_to from stats_progress where tenant_id = ${tenantId}), '0')
       group by 1
    ), both_parts as (
      select day, logins, signups, leaked_passwords, created_at, updated_at from daily_stats
       where tenant_id = ${tenantId} and day between ${from} and ${to}
      union all
      select day, logins, signups, leaked_passwords, first_at, last_at from fresh
       where day between ${from} and ${to}
    )
    select day, sum(logins)::bigint as logins, sum(signups)::bigint as signups,
           sum(leaked_passwords)::bigint as leaked_passwords,
           min(created_at) as created_at, max(updated_at) as updated_at
      from both_parts group by day order by day`,
  )

const CountRow = Type.Object({ users: Type.Number() })

/** How many users signed in last on one of the days from `from` on. */
export async function countActiveUsers(db: Db, tenantId: string, from: number): Promise<number> {
  const row = await db.first(
    CountRow,
    sql`
    select coalesce(sum(users), 0)::bigint as users from active_users
     where tenant_id = ${tenantId} and day >= ${from}`,
  )
  return row?.users ?? 0
}

/** Days that nobody asks for any more. */
export const deleteOldActiveUsers = (db: Db, tenantId: string, before: number) =>
  db.run(sql`delete from active_users where tenant_id = ${tenantId} and day < ${before}`)
