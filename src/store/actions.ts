import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, json, sql } from './sql.ts'

const Bytes = Type.Unsafe<Uint8Array>({})

/** A row of `actions`: the draft of one Action, without its bundle. */
export const ActionRow = Type.Object({
  tenant_id: Type.String(),
  id: Type.String(),
  name: Type.String(),
  trigger_id: Type.String(),
  trigger_version: Type.String(),
  code: Type.String(),
  dependencies: Type.Array(Type.Object({ name: Type.String(), version: Type.String() })),
  runtime: Type.String(),
  sealed_secrets: Bytes,
  status: Type.String(),
  errors: Type.Array(Type.Unknown()),
  digest: Type.Union([Type.String(), Type.Null()]),
  build_id: Type.String(),
  build_started_at: Type.Number(),
  built_at: Type.Union([Type.Number(), Type.Null()]),
  all_changes_deployed: Type.Boolean(),
  deployed_version_id: Type.Union([Type.String(), Type.Null()]),
  last_number: Type.Number(),
  created_at: Type.Number(),
  updated_at: Type.Number(),
})
export type ActionRow = Static<typeof ActionRow>

const BundleRow = Type.Object({ bundle: Type.Union([Bytes, Type.Null()]) })

export const findAction = (db: Db, tenantId: string, id: string) =>
  db.first(
    ActionRow,
    sql`select ${columns(ActionRow)} from actions where tenant_id = ${tenantId} and id = ${id}`,
  )

/** Locks an Action for a change that is computed from what it holds. Inside a transaction. */
export const lockAction = (tx: Db, tenantId: string, id: string) =>
  tx.first(
    ActionRow,
    sql`
    select ${columns(ActionRow)} from actions where tenant_id = ${tenantId} and id = ${id} for update`,
  )

/** The bundle of a draft, brotli; null until it is built. */
export const findDraftBundle = (db: Db, tenantId: string, id: string) =>
  db.first(BundleRow, sql`select bundle from actions where tenant_id = ${tenantId} and id = ${id}`)

export type ActionFilter = {
  triggerId: string | null
  name: string | null
  deployed: boolean | null
}

const matches = ({ triggerId, name, deployed }: ActionFilter) => sql`
      (${triggerId}::text is null or trigger_id = ${triggerId})
  and (${name}::text is null or name = ${name})
  and (${deployed}::boolean is null or (deployed_version_id is not null) = ${deployed})`

/** The Actions of a tenant, oldest first; there are a hundred at most. */
export const listActions = (
  db: Db,
  tenantId: string,
  filter: ActionFilter,
  page: { limit: number; offset: number },
) =>
  db.rows(
    ActionRow,
    sql`
    select ${columns(ActionRow)} from actions where tenant_id = ${tenantId} and ${matches(filter)}
     order by created_at, id limit ${page.limit} offset ${page.offset}`,
  )

const CountRow = Type.Object({ count: Type.Number() })

export const countActions = async (db: Db, tenantId: string, filter: ActionFilter) => {
  const row = await db.first(
    CountRow,
    sql`select count(*) as count from actions where tenant_id = ${tenantId} and ${matches(filter)}`,
  )
  return row?.count ?? 0
}

/** @throws a unique violation for a second name, or a second Action of the phone provider's trigger */
export const insertAction = (db: Db, row: ActionRow) =>
  db.run(sql`
    insert into actions (${columns(ActionRow)})
    values (${row.tenant_id}, ${row.id}, ${row.name}, ${row.trigger_id}, ${row.trigger_version},
            ${row.code}, ${json(row.dependencies)}, ${row.runtime}, ${row.sealed_secrets},
            ${row.status}, ${json(row.errors)}, ${row.digest}, ${row.build_id},
            ${row.build_started_at}, ${row.built_at}, ${row.all_changes_deployed},
            ${row.deployed_version_id}, ${row.last_number}, ${row.created_at}, ${row.updated_at})`)

/** Changes the draft; what is deployed stays. */
export const updateAction = (db: Db, row: ActionRow) =>
  db.run(sql`
    update actions
       set name = ${row.name}, code = ${row.code}, dependencies = ${json(row.dependencies)},
           runtime = ${row.runtime}, sealed_secrets = ${row.sealed_secrets}, status = ${row.status},
           errors = ${json(row.errors)}, build_id = ${row.build_id},
           build_started_at = ${row.build_started_at}, all_changes_deployed = ${row.all_changes_deployed},
           updated_at = ${row.updated_at}
     where tenant_id = ${row.tenant_id} and id = ${row.id}`)

/** Ends a build, unless a later one has begun. */
export const finishBuild = (
  db: Db,
  end: {
    tenantId: string
    id: string
    buildId: string
    status: string
    errors: readonly unknown[]
    dependencies: readonly unknown[] | null
    bundle: Uint8Array | null
    digest: string | null
    now: number
  },
) =>
  db.run(sql`
    update actions
       set status = ${end.status}, errors = ${json(end.errors)}, bundle = ${end.bundle},
           digest = ${end.digest}, built_at = ${end.now},
           dependencies = coalesce(${end.dependencies && json(end.dependencies)}::jsonb, dependencies)
     where tenant_id = ${end.tenantId} and id = ${end.id} and build_id = ${end.buildId}`)

/** Takes over a build whose process is not heard of. @returns 0 when somebody else did */
export const takeBuild = (
  db: Db,
  take: { tenantId: string; id: string; buildId: string; newBuildId: string; now: number },
) =>
  db.run(sql`
    update actions set build_id = ${take.newBuildId}, build_started_at = ${take.now}
     where tenant_id = ${take.tenantId} and id = ${take.id} and build_id = ${take.buildId}`)

export const deleteAction = (db: Db, tenantId: string, id: string) =>
  db.run(sql`delete from actions where tenant_id = ${tenantId} and id = ${id}`)
