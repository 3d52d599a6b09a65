import { Type } from 'typebox'
import type { Db } from '../src/store/db.ts'
import { sql } from '../src/store/sql.ts'

/**
 * The schema of a database as text, for review: what the migrations add up to. It is read from the
 * catalog, sorted by name, and tells nothing that differs between PostgreSQL versions.
 */
export async function describeSchema(db: Db): Promise<string> {
  const blocks = [
    '-- Written by `npm run gen` from src/store/migrations. Do not edit.',
    ...(await functions(db)),
    ...(await tables(db)),
  ]
  return `${blocks.join('\n\n')}\n`
}

const NameRow = Type.Object({ name: Type.String() })
const TextRow = Type.Object({ text: Type.String() })

async function tables(db: Db): Promise<string[]> {
  const names = await db.rows(
    NameRow,
    sql`
    select relname::text as name from pg_class
     where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace order by relname`,
  )
  const blocks: string[] = []
  for (const { name } of names) {
    const parts = [...(await columnLines(db, name)), ...(await constraintLines(db, name))]
    const after = [...(await indexes(db, name)), ...(await triggers(db, name))]
    const table = `create table ${name} (\n${parts.map((part) => `  ${part}`).join(',\n')}\n);`
    blocks.push([table, ...after.map((text) => `${text};`)].join('\n'))
  }
  return blocks
}

const texts = async (rows: Promise<{ text: string }[]>): Promise<string[]> =>
  (await rows).map(({ text }) => text)

const columnLines = (db: Db, table: string) =>
  texts(
    db.rows(
      TextRow,
      sql`
    select attname || ' ' || format_type(atttypid, atttypmod)
           || case when attnotnull then ' not null' else '' end
           || coalesce(case attgenerated when 's' then ' generated always as (' || d || ') stored'
                       else ' default ' || d end, '') as text
      from pg_attribute
      left join lateral (select pg_get_expr(adbin, adrelid) as d from pg_attrdef
                          where adrelid = attrelid and adnum = attnum) as defaults on true
     where attrelid = ${table}::regclass and attnum > 0 and not attisdropped order by attnum`,
    ),
  )

/** Without `not null` constraints: PostgreSQL 18 lists them here, the columns tell them already. */
const constraintLines = (db: Db, table: string) =>
  texts(
    db.rows(
      TextRow,
      sql`
    select 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) as text
      from pg_constraint
     where conrelid = ${table}::regclass and contype <> 'n' order by contype = 'f', conname`,
    ),
  )

const indexes = (db: Db, table: string) =>
  texts(
    db.rows(
      TextRow,
      sql`
    select pg_get_indexdef(indexrelid) as text
      from pg_index
     where indrelid = ${table}::regclass
       and not exists (select 1 from pg_constraint where conindid = indexrelid)
     order by indexrelid::regclass::text`,
    ),
  )

const triggers = (db: Db, table: string) =>
  texts(
    db.rows(
      TextRow,
      sql`
    select pg_get_triggerdef(oid) as text
      from pg_trigger where tgrelid = ${table}::regclass and not tgisinternal order by tgname`,
    ),
  )

const functions = (db: Db) =>
  texts(
    db.rows(
      TextRow,
      sql`
    select trim(pg_get_functiondef(oid)) || ';' as text
      from pg_proc where pronamespace = 'public'::regnamespace order by oid::regprocedure::text`,
    ),
  )
