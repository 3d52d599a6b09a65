import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, join, json, type Query, sql } from './sql.ts'

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

export const findClientGrant = (db: Db, tenantId: string, grantId: string) =>
  db.first(
    ClientGrantRow,
    sql`
    select ${columns(ClientGrantRow)} from client_grants
     where tenant_id = ${tenantId} and id = ${grantId}`,
  )

/** Locks a grant for a change that is computed from what it holds. Inside a transaction. */
export const lockClientGrant = (tx: Db, tenantId: string, grantId: string) =>
  tx.first(
    ClientGrantRow,
    sql`
    select ${columns(ClientGrantRow)} from client_grants
     where tenant_id = ${tenantId} and id = ${grantId} for update`,
  )

/** Adds a grant; 0 when the client has one for the API and the kind of subject already. */
export const insertClientGrant = (db: Db, grant: ClientGrantRow) =>
  db.run(sql`
    insert into client_grants (${columns(ClientGrantRow)})
    values (${grant.tenant_id}, ${grant.id}, ${grant.client_id}, ${grant.audience},
            ${grant.subject_type}, ${json(grant.document)}, ${grant.created_at})
    on conflict (tenant_id, client_id, audience, subject_type) do nothing`)

export const updateClientGrant = (tx: Db, grant: ClientGrantRow) =>
  tx.run(sql`
    update client_grants set document = ${json(grant.document)}
     where tenant_id = ${grant.tenant_id} and id = ${grant.id}`)

export const deleteClientGrant = (db: Db, tenantId: string, grantId: string) =>
  db.run(sql`delete from client_grants where tenant_id = ${tenantId} and id = ${grantId}`)

export const deleteClientGrantsFor = (db: Db, tenantId: string, audience: string) =>
  db.run(sql`delete from client_grants where tenant_id = ${tenantId} and audience = ${audience}`)

/** What a list of grants may be narrowed to. */
export type ClientGrantFilter = {
  audience?: string | undefined
  clientId?: string | undefined
  subjectType?: string | undefined
  allowAnyOrganization?: boolean | undefined
}

const matching = (tenantId: string, filter: ClientGrantFilter): Query =>
  join(
    [
      sql`tenant_id = ${tenantId}`,
      ...(filter.audience === undefined ? [] : [sql`audience = ${filter.audience}`]),
      ...(filter.clientId === undefined ? [] : [sql`client_id = ${filter.clientId}`]),
      ...(filter.subjectType === undefined ? [] : [sql`subject_type = ${filter.subjectType}`]),
      ...(filter.allowAnyOrganization === undefined
        ? []
        : [
            sql`coalesce((document ->> 'allow_any_organization')::boolean, false)
                = ${filter.allowAnyOrganization}`,
          ]),
    ],
    ' and ',
  )

/** Oldest first. `after` is the time and the id of the last grant of the former page. */
export const listClientGrants = (
  db: Db,
  tenantId: string,
  filter: ClientGrantFilter,
  page: { limit: number; offset: number; after?: readonly [createdAt: number, id: string] },
) =>
  db.rows(
    ClientGrantRow,
    sql`
    select ${columns(ClientGrantRow)} from client_grants
     where ${matching(tenantId, filter)} ${
       page.after === undefined
         ? sql``
         : sql`and (created_at, id) > (${page.after[0]}::bigint, ${page.after[1]}::text)`
     }
     order by created_at, id limit ${page.limit} offset ${page.offset}`,
  )

const CountRow = Type.Object({ count: Type.Number() })

export async function countClientGrants(
  db: Db,
  tenantId: string,
  filter: ClientGrantFilter,
): Promise<number> {
  const row = await db.first(
    CountRow,
    sql`select count(*) as count from client_grants where ${matching(tenantId, filter)}`,
  )
  return row?.count ?? 0
}
