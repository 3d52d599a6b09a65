import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, sql } from './sql.ts'

/** A row of `action_bindings`: an Action in the order in which its trigger runs them. */
export const ActionBindingRow = Type.Object({
  tenant_id: Type.String(),
  id: Type.String(),
  trigger_id: Type.String(),
  position: Type.Number(),
  action_id: Type.String(),
  display_name: Type.String(),
  created_at: Type.Number(),
  updated_at: Type.Number(),
})
export type ActionBindingRow = Static<typeof ActionBindingRow>

export const listActionBindings = (db: Db, tenantId: string, triggerId: string) =>
  db.rows(
    ActionBindingRow,
    sql`
    select ${columns(ActionBindingRow)} from action_bindings
     where tenant_id = ${tenantId} and trigger_id = ${triggerId} order by position`,
  )

export const listBindingsOfAction = (db: Db, tenantId: string, actionId: string) =>
  db.rows(
    ActionBindingRow,
    sql`
    select ${columns(ActionBindingRow)} from action_bindings
     where tenant_id = ${tenantId} and action_id = ${actionId}`,
  )

export const deleteActionBindings = (db: Db, tenantId: string, triggerId: string) =>
  db.run(sql`
    delete from action_bindings where tenant_id = ${tenantId} and trigger_id = ${triggerId}`)

export const insertActionBinding = (db: Db, row: ActionBindingRow) =>
  db.run(sql`
    insert into action_bindings (${columns(ActionBindingRow)})
    values (${row.tenant_id}, ${row.id}, ${row.trigger_id}, ${row.position}, ${row.action_id},
            ${row.display_name}, ${row.created_at}, ${row.updated_at})`)
