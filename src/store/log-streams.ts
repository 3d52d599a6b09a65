import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { nullableColumn } from './nullable-column.ts'
import { columns, json, sql } from './sql.ts'

/** A row of `log_streams`. */
export const LogStreamRow = Type.Object({
  tenant_id: Type.String(),
  id: Type.String(),
  name: Type.String(),
  type: Type.String(),
  status: Type.Enum(['active', 'paused', 'suspended']),
  is_priority: Type.Boolean(),
  filters: Type.Unknown(),
  pii_config: Type.Unknown(),
  sealed_sink: Type.Unsafe<Uint8Array>({}),
  starts_after: Type.String(),
  read_xid: Type.String(),
  read_log_id: Type.String(),
  failures: Type.Number(),
  failing_since: nullableColumn(Type.Number()),
  version: Type.Number(),
  created_at: Type.Number(),
})
export type LogStreamRow = Static<typeof LogStreamRow>

/** A place in a tenant's log, in the order in which entries became visible. */
export type LogPosition = Pick<LogStreamRow, 'read_xid' | 'read_log_id'>

/** Everything below this transaction is committed or gone: nothing can appear there any more. */
const horizon = sql`pg_snapshot_xmin(pg_current_snapshot())`

export const listLogStreams = (db: Db, tenantId: string) =>
  db.rows(
    LogStreamRow,
    sql`
    select ${columns(LogStreamRow)} from log_streams
     where tenant_id = ${tenantId} order by created_at, id`,
  )

export const findLogStream = (db: Db, tenantId: string, id: string) =>
  db.first(
    LogStreamRow,
    sql`
    select ${columns(LogStreamRow)} from log_streams where tenant_id = ${tenantId} and id = ${id}`,
  )

export const lockLogStream = (tx: Db, tenantId: string, id: string) =>
  tx.first(
    LogStreamRow,
    sql`
    select ${columns(LogStreamRow)} from log_streams
     where tenant_id = ${tenantId} and id = ${id} for update`,
  )

const PositionRow = Type.Object({ read_xid: Type.String(), read_log_id: Type.String() })

/** Before everything that is written from now on. */
export async function currentLogPosition(db: Db): Promise<LogPosition> {
  const row = await db.first(PositionRow, sql`select ${horizon} as read_xid, '' as read_log_id`)
  if (row === undefined) throw new Error('a select without a table has a row')
  return row
}

/**
 * Before every entry with an id above `logId`. Where entries of the first moments were written in
 * another order than that of their ids, the earliest of a thousand decides.
 *
 * @returns undefined when there is none
 */
export const logPositionAfter = (db: Db, tenantId: string, logId: string) =>
  db.first(
    PositionRow,
    sql`
    select written_in as read_xid, '' as read_log_id from (
      select written_in from tenant_logs where tenant_id = ${tenantId} and log_id > ${logId}
       order by log_id limit 1000) as first order by written_in limit 1`,
  )

export const insertLogStream = (db: Db, row: LogStreamRow) =>
  db.run(sql`
    insert into log_streams (tenant_id, id, name, type, status, is_priority, filters, pii_config,
                             sealed_sink, starts_after, read_xid, read_log_id, created_at)
    values (${row.tenant_id}, ${row.id}, ${row.name}, ${row.type}, ${row.status},
            ${row.is_priority}, ${json(row.filters)}, ${json(row.pii_config)}, ${row.sealed_sink},
            ${row.starts_after}, ${row.read_xid}::text::xid8, ${row.read_log_id},
            ${row.created_at})`)

/**
 * Writes what an administrator may change; the row is locked before. Who works on the stream notices by
 * the version.
 *
 * @param retryAt when a stream that failed, or did not run, is tried again; null leaves it as it is
 */
export const updateLogStream = (tx: Db, row: LogStreamRow, retryAt: number | null) =>
  tx.run(sql`
    update log_streams
       set name = ${row.name}, status = ${row.status}, is_priority = ${row.is_priority},
           filters = ${json(row.filters)}, pii_config = ${json(row.pii_config)},
           sealed_sink = ${row.sealed_sink}, failures = ${row.failures},
           failing_since = ${row.failing_since}, retry_at = coalesce(${retryAt}::bigint, retry_at),
           version = version + 1
     where tenant_id = ${row.tenant_id} and id = ${row.id}`)

/** @returns 0 when there is no such stream */
export const deleteLogStream = (db: Db, tenantId: string, id: string) =>
  db.run(sql`delete from log_streams where tenant_id = ${tenantId} and id = ${id}`)

/**
 * Leases up to `take` active streams that have something to read and whose last failure is long enough
 * ago; those with priority first. The others cost one look into an index and no write.
 */
export const claimLogStreams = (
  db: Db,
  claim: { owner: string; now: number; leaseUntil: number; take: number },
) =>
  db.rows(
    LogStreamRow,
    sql`
    with due as (
      select tenant_id, id from log_streams
       where status = 'active' and retry_at <= ${claim.now} and lease_until <= ${claim.now}
         and exists (
           select from tenant_logs
            where tenant_logs.tenant_id = log_streams.tenant_id
              and (tenant_logs.written_in, tenant_logs.log_id)
                > (log_streams.read_xid, log_streams.read_log_id)
              and tenant_logs.written_in < ${horizon})
       order by is_priority desc, retry_at limit ${claim.take} for update skip locked
    )
    update log_streams set lease_owner = ${claim.owner}, lease_until = ${claim.leaseUntil}
      from due
     where log_streams.tenant_id = due.tenant_id and log_streams.id = due.id
    returning ${columns(LogStreamRow, 'log_streams')}`,
  )

const StreamedLogRow = Type.Object({
  read_xid: Type.String(),
  read_log_id: Type.String(),
  type: Type.String(),
  entry: Type.Record(Type.String(), Type.Unknown()),
})
export type StreamedLogRow = Static<typeof StreamedLogRow>

/** The next entries after a position of which is certain that no other can come between them. */
export const readLogsInOrder = (db: Db, tenantId: string, after: LogPosition, take: number) =>
  db.rows(
    StreamedLogRow,
    sql`
    select written_in as read_xid, log_id as read_log_id, type, entry from tenant_logs
     where tenant_id = ${tenantId}
       and (written_in, log_id) > (${after.read_xid}::text::xid8, ${after.read_log_id})
       and written_in < ${horizon}
     order by written_in, log_id limit ${take}`,
  )

/** How one step of the work on a stream ended. */
export type StreamStep = LogPosition & {
  tenant_id: string
  id: string
  owner: string
  /** Of the row that the step was made from: what an administrator set meanwhile is left alone. */
  version: number
  status: 'active' | 'suspended'
  lease_until: number
  retry_at: number
  failures: number
  failing_since: number | null
}

/**
 * Moves a stream on. Only the node that holds the lease may.
 *
 * @returns the row as it is now; undefined when the lease is another's or the stream is gone
 */
export function recordStreamStep(db: Db, step: StreamStep): Promise<LogStreamRow | undefined> {
  const unchanged = sql`version = ${step.version}`
  return db.first(
    LogStreamRow,
    sql`
    update log_streams
       set read_xid = ${step.read_xid}::text::xid8, read_log_id = ${step.read_log_id},
           lease_until = ${step.lease_until},
           status = case when ${unchanged} then ${step.status} else status end,
           retry_at = case when ${unchanged} then ${step.retry_at} else retry_at end,
           failures = case when ${unchanged} then ${step.failures} else failures end,
           failing_since = case when ${unchanged} then ${step.failing_since}::bigint
                           else failing_since end
     where tenant_id = ${step.tenant_id} and id = ${step.id} and lease_owner = ${step.owner}
       and lease_until > 0
    returning ${columns(LogStreamRow)}`,
  )
}

/** Gives a stream back without anything else. */
export const releaseStreamLease = (
  db: Db,
  { tenant_id, id, owner }: { tenant_id: string; id: string; owner: string },
) =>
  db.run(sql`
    update log_streams set lease_until = 0
     where tenant_id = ${tenant_id} and id = ${id} and lease_owner = ${owner}`)

const MovedRow = Type.Object({ tenant_id: Type.String() })

/**
 * Numbers of transactions mean nothing in another cluster: after a dump was restored they begin low
 * again, and positions that were written before lie in the future. Tenants that have such positions
 * start over: what stands in the log becomes the oldest of all, ordered by id, and each stream goes on
 * `overlap` digits of time before the last entry that it handed over.
 *
 * @returns the tenants that were put in order; none in ordinary life
 */
export async function reorderRestoredLogs(
  db: Db,
  earlier: (logId: string) => string,
): Promise<string[]> {
  const future = sql`pg_snapshot_xmax(pg_current_snapshot())`
  const tenants = await db.rows(
    MovedRow,
    sql`
    select tenant_id from log_streams where read_xid > ${future}
    union select tenant_id from stats_progress where counted_to > ${future}`,
  )
  for (const { tenant_id } of tenants) {
    await db.transaction(async (tx) => {
      await tx.run(sql`
        update tenant_logs set written_in = '3'
         where tenant_id = ${tenant_id} and written_in >= ${future}`)
      await tx.run(sql`
        update stats_progress set counted_to = pg_current_xact_id() where tenant_id = ${tenant_id}`)
      for (const stream of await listLogStreams(tx, tenant_id)) {
        await tx.run(sql`
          update log_streams set read_xid = '3', read_log_id = ${earlier(stream.read_log_id)},
                 version = version + 1
           where tenant_id = ${tenant_id} and id = ${stream.id}`)
      }
    })
  }
  return tenants.map(({ tenant_id }) => tenant_id)
}
