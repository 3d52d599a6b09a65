import { Type } from 'typebox'
import type { Db } from '../src/store/db.ts'
import { type Query, sql } from '../src/store/sql.ts'

const TableRow = Type.Object({ name: Type.String() })
const DumpRow = Type.Object({ name: Type.String(), content: Type.String() })
const DigestRow = Type.Object({ name: Type.String(), digest: Type.String() })

/** All rows of one tenant as text, sorted, by table; tables without a row are there too. */
export type TenantDump = Readonly<Record<string, readonly string[]>>

/** Reads every table that has a tenant, whatever it is called: a new one needs no line here. */
export async function dumpTenant(db: Db, tenantId: string): Promise<TenantDump> {
  const tables = await tenantTables(db)
  const parts = tables.map(
    ({ name, column }) =>
      `select '${name}' as name, to_jsonb(t)::text as content from ${name} t where ${column} = `,
  )
  const rows = await db.rows(
    DumpRow,
    parts
      .slice(1)
      .reduce(
        (query, part) => sql`${query} union all ${raw(part)} ${tenantId}`,
        sql`${raw(parts[0] ?? '')} ${tenantId}`,
      ),
  )
  const dump: Record<string, string[]> = Object.fromEntries(tables.map(({ name }) => [name, []]))
  for (const { name, content } of rows) dump[name]?.push(content)
  for (const contents of Object.values(dump)) contents.sort()
  return dump
}

/** One digest a table over all rows of all tenants, for "nothing has changed". */
export async function digestDatabase(db: Db): Promise<Readonly<Record<string, string>>> {
  const names = (await tenantTables(db)).map(({ name }) => name)
  const parts = names.map(
    (name) =>
      `select '${name}' as name, coalesce(md5(string_agg(d, '' order by d)), '') as digest
         from (select md5(t::text) as d from ${name} t) rows`,
  )
  const rows = await db.rows(DigestRow, raw(parts.join(' union all ')))
  return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]))
}

async function tenantTables(db: Db): Promise<{ name: string; column: string }[]> {
  const rows = await db.rows(
    TableRow,
    sql`select table_name::text as name from information_schema.columns
         where table_schema = 'public' and column_name = 'tenant_id' order by 1`,
  )
  return [
    ...rows.map(({ name }) => ({ name, column: 'tenant_id' })),
    { name: 'tenants', column: 'id' },
  ]
}

/** A text that is written here, never by a caller: table names cannot be parameters. */
const raw = (text: string): Query => sql(Object.assign([text], { raw: [text] }))
