import { type Static, Type } from 'typebox'
import type { BatchKind, Db } from './db.ts'
import { columns, sql } from './sql.ts'

/** A row of `action_executions`: what became of one run. */
export const ActionExecutionRow = Type.Object({
  tenant_id: Type.String(),
  id: Type.String(),
  trigger_id: Type.String(),
  status: Type.String(),
  results: Type.Array(Type.Unknown()),
  created_at: Type.Number(),
  updated_at: Type.Number(),
})
export type ActionExecutionRow = Static<typeof ActionExecutionRow>

/** Adds one run; runs of the same moment share a statement. */
export const insertActionExecution = (db: Db, row: ActionExecutionRow): Promise<void> =>
  db.batch(inserts, row)

const inserts: BatchKind<ActionExecutionRow, void> = {
  name: 'action-executions',
  maxItems: 500,
  maxInFlight: 1,
  async run(db, rows) {
    await db.run(sql`
      insert into action_executions (${columns(ActionExecutionRow)})
      select * from unnest(${rows.map((row) => row.tenant_id)}::text[],
        ${rows.map((row) => row.id)}::text[], ${rows.map((row) => row.trigger_id)}::text[],
        ${rows.map((row) => row.status)}::text[],
        ${rows.map((row) => JSON.stringify(row.results))}::jsonb[],
        ${rows.map((row) => row.created_at)}::bigint[],
        ${rows.map((row) => row.updated_at)}::bigint[])`)
    return rows.map(() => undefined)
  },
}

export const findActionExecution = (db: Db, tenantId: string, id: string) =>
  db.first(
    ActionExecutionRow,
    sql`
    select ${columns(ActionExecutionRow)} from action_executions
     where tenant_id = ${tenantId} and id = ${id}`,
  )

/** Forgets executions of before a time, `take` at once. */
export const deleteOldExecutions = (db: Db, before: number, take: number) =>
  db.run(sql`
    delete from action_executions
     where (tenant_id, id) in (select tenant_id, id from action_executions
                                where created_at < ${before} order by created_at limit ${take})`)
