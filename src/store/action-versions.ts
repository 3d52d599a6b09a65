import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, json, sql } from './sql.ts'

const Bytes = Type.Unsafe<Uint8Array>({})

/** A row of `action_versions`, without its bundle. */
export const ActionVersionRow = Type.Object({
  tenant_id: Type.String(),
  id: Type.String(),
  action_id: Type.String(),
  number: Type.Number(),
  code: Type.String(),
  dependencies: Type.Array(Type.Object({ name: Type.String(), version: Type.String() })),
  runtime: Type.String(),
  trigger_id: Type.String(),
  trigger_version: Type.String(),
  sealed_secrets: Bytes,
  digest: Type.String(),
  built_at: Type.Number(),
  created_at: Type.Number(),
})
export type ActionVersionRow = Static<typeof ActionVersionRow>

const BundleRow = Type.Object({ bundle: Bytes })
const NumberRow = Type.Object({ last_number: Type.Number() })
const CountRow = Type.Object({ count: Type.Number() })

/** The next number of an Action's versions, taken. Inside a transaction. */
export const takeVersionNumber = (tx: Db, tenantId: string, actionId: string) =>
  tx.first(
    NumberRow,
    sql`
    update actions set last_number = last_number + 1
     where tenant_id = ${tenantId} and id = ${actionId} returning last_number`,
  )

/** Stores a version with a bundle. */
export const insertActionVersion = (db: Db, row: ActionVersionRow, bundle: Uint8Array) =>
  db.run(sql`
    insert into action_versions (${columns(ActionVersionRow)}, bundle)
    values (${row.tenant_id}, ${row.id}, ${row.action_id}, ${row.number}, ${row.code},
            ${json(row.dependencies)}, ${row.runtime}, ${row.trigger_id}, ${row.trigger_version},
            ${row.sealed_secrets}, ${row.digest}, ${row.built_at}, ${row.created_at}, ${bundle})`)

/** Makes a version the one that runs. `changed`: the draft differs from it. */
export const markDeployed = (
  db: Db,
  deployed: {
    tenantId: string
    actionId: string
    versionId: string
    changed: boolean
    now: number
  },
) =>
  db.run(sql`
    update actions
       set deployed_version_id = ${deployed.versionId},
           all_changes_deployed = ${!deployed.changed}, updated_at = ${deployed.now}
     where tenant_id = ${deployed.tenantId} and id = ${deployed.actionId}`)

export const findActionVersion = (db: Db, tenantId: string, id: string) =>
  db.first(
    ActionVersionRow,
    sql`
    select ${columns(ActionVersionRow)} from action_versions
     where tenant_id = ${tenantId} and id = ${id}`,
  )

export const findVersionBundle = (db: Db, tenantId: string, id: string) =>
  db.first(
    BundleRow,
    sql`select bundle from action_versions where tenant_id = ${tenantId} and id = ${id}`,
  )

/** Newest first. */
export const listActionVersions = (
  db: Db,
  tenantId: string,
  actionId: string,
  page: { limit: number; offset: number },
) =>
  db.rows(
    ActionVersionRow,
    sql`
    select ${columns(ActionVersionRow)} from action_versions
     where tenant_id = ${tenantId} and action_id = ${actionId}
     order by number desc limit ${page.limit} offset ${page.offset}`,
  )

export const countActionVersions = async (db: Db, tenantId: string, actionId: string) => {
  const row = await db.first(
    CountRow,
    sql`
    select count(*) as count from action_versions
     where tenant_id = ${tenantId} and action_id = ${actionId}`,
  )
  return row?.count ?? 0
}

/** Forgets all but the newest `keep` versions; the one that runs stays. */
export const trimActionVersions = (db: Db, tenantId: string, actionId: string, keep: number) =>
  db.run(sql`
    delete from action_versions
     where tenant_id = ${tenantId} and action_id = ${actionId}
       and number <= (select last_number from actions
                       where tenant_id = ${tenantId} and id = ${actionId}) - ${keep}
       and id is distinct from (select deployed_version_id from actions
                                 where tenant_id = ${tenantId} and id = ${actionId})`)

/** The version that a trigger runs: of the Action bound first, else of the only deployed one. */
export const findDeployedVersion = async (db: Db, tenantId: string, triggerId: string) =>
  (await listDeployedVersions(db, tenantId, triggerId, { bound: false, take: 1 }))[0]

const DeployedVersionRow = Type.Object({
  ...ActionVersionRow.properties,
  action_name: Type.String(),
  binding_id: Type.Union([Type.String(), Type.Null()]),
})
export type DeployedVersionRow = Static<typeof DeployedVersionRow>

/** What is deployed for a trigger: the bound Actions in their order, then, unless asked, the others. */
export const listDeployedVersions = (
  db: Db,
  tenantId: string,
  triggerId: string,
  wanted: { bound: boolean; take: number },
) =>
  db.rows(
    DeployedVersionRow,
    sql`
    select v.tenant_id, v.id, v.action_id, v.number, v.code, v.dependencies, v.runtime, v.trigger_id,
           v.trigger_version, v.sealed_secrets, v.digest, v.built_at, v.created_at,
           a.name as action_name, b.id as binding_id
      from actions a
      join action_versions v on v.tenant_id = a.tenant_id and v.id = a.deployed_version_id
      left join action_bindings b on b.tenant_id = a.tenant_id and b.action_id = a.id
     where a.tenant_id = ${tenantId} and a.trigger_id = ${triggerId}
       and (not ${wanted.bound}::boolean or b.id is not null)
     order by b.position nulls last, a.created_at limit ${wanted.take}`,
  )
