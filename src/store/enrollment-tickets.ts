import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { nullableColumn } from './nullable-column.ts'
import { columns, sql } from './sql.ts'

/** A row of `enrollment_tickets`. */
export const EnrollmentTicketRow = Type.Object({
  tenant_id: Type.String(),
  ticket_hash: Type.Unsafe<Uint8Array>({}),
  user_id: Type.String(),
  /** Null: any factor that the tenant has enabled. */
  factor: nullableColumn(Type.String()),
  allow_multiple: Type.Boolean(),
  created_at: Type.Number(),
  expires_at: Type.Number(),
  used_at: nullableColumn(Type.Number()),
})
export type EnrollmentTicketRow = Static<typeof EnrollmentTicketRow>

export const insertEnrollmentTicket = (db: Db, row: EnrollmentTicketRow) =>
  db.run(sql`
    insert into enrollment_tickets (${columns(EnrollmentTicketRow)})
    values (${row.tenant_id}, ${row.ticket_hash}, ${row.user_id}, ${row.factor},
            ${row.allow_multiple}, ${row.created_at}, ${row.expires_at}, ${row.used_at})`)

export const findEnrollmentTicket = (db: Db, tenantId: string, ticketHash: Uint8Array) =>
  db.first(
    EnrollmentTicketRow,
    sql`
    select ${columns(EnrollmentTicketRow)} from enrollment_tickets
     where tenant_id = ${tenantId} and ticket_hash = ${ticketHash}`,
  )

/** Marks a ticket as used; 0 when it was used already, is too old, or is not there. */
export const useEnrollmentTicket = (
  db: Db,
  tenantId: string,
  ticketHash: Uint8Array,
  now: number,
) =>
  db.run(sql`
    update enrollment_tickets set used_at = ${now}
     where tenant_id = ${tenantId} and ticket_hash = ${ticketHash} and used_at is null
       and expires_at > ${now}`)

export const deleteExpiredEnrollmentTickets = (db: Db, before: number, take: number) =>
  db.run(sql`
    delete from enrollment_tickets where (tenant_id, ticket_hash) in (
      select tenant_id, ticket_hash from enrollment_tickets where expires_at < ${before}
       limit ${take})`)
