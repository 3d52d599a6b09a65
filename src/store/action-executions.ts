import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, sql } from './sql.ts'

/** A row of `action_executions`: what became of one run. `finishAttempt` adds it. */
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
