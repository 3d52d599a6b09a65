import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, sql } from './sql.ts'

/** A row of `client_grants`: which scopes of an API a client may have for itself. */
export const ClientGrantRow = Type.Object({
  tenant_id: Type.String(),
  id: Type.String(),
  client_id: Type.String(),
  audience: Type.String(),
  subject_type: Type.String(),
  document: Type.Record(Type.String(), Type.Unknown()),
  created_at: Type.Number(),
})
export type ClientGrantRow = Static<typeof ClientGrantRow>

export const findClientGrantFor = (
  db: Db,
  tenantId: string,
  clientId: string,
  audience: string,
  subjectType: 'client' | 'user',
) =>
  db.first(
    ClientGrantRow,
    sql`
    select ${columns(ClientGrantRow)} from client_grants
     where tenant_id = ${tenantId} and client_id = ${clientId}
       and audience = ${audience} and subject_type = ${subjectType}`,
  )
