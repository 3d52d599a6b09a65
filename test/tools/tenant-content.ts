import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { silentLogger } from '../../src/base/logger.ts'
import { createSecretBox } from '../../src/base/secret-box.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { listSealedValues, sealedColumns } from '../../src/store/sealed-values.ts'
import { dumpTenant } from '../database-dump.ts'

/** What tells that something was asked or written, but not what stands there. */
const traces = /^(tenant_logs|stats_|user_counts|limit_buckets)/
/** Settings whose defaults are written out once somebody writes them; exports tell their content. */
const documents = 'tenant_documents'
const marks = new Set([
  ...['updated_at', 'config_version'],
  ...['build_id', 'build_started_at', 'built_at', 'last_number', 'deployed_version_id'],
])

/**
 * What a tenant consists of, row by row and with its secrets opened, without the marks that any write
 * leaves. Versions of an Action count once for each content, because deploying makes one more each time, and
 * bindings have no id, because a change of them makes each anew; so it is at the original.
 *
 * @param folder the server's data folder, which has its key
 */
export async function tenantContent(
  databaseUrl: string,
  folder: string,
  tenant: string,
): Promise<unknown> {
  const key = Buffer.from((await readFile(join(folder, 'secret.key'), 'utf8')).trim(), 'base64')
  const box = createSecretBox([key])
  const db = await openPostgres(databaseUrl, { log: silentLogger, checkRows: true })
  try {
    const rows = Object.entries(await dumpTenant(db, tenant))
      .filter(([table]) => !traces.test(table) && table !== documents)
      .map(([table, texts]) => [table, unique(texts.map((text) => shownRow(table, text)))])
    const secrets = []
    for (const column of sealedColumns) {
      const page = { tenantId: tenant, rowId: '', take: 1000 }
      for (const { tenant_id, row_id, sealed } of await listSealedValues(db, column, page)) {
        if (tenant_id !== tenant) continue
        const plain = box.open(sealed, `${column.kind}/${tenant}/${row_id}`).toString()
        const place = column.kind === 'action-version-secrets' ? '' : row_id
        secrets.push(ordered([column.kind, place, parsed(plain)]))
      }
    }
    return { rows: Object.fromEntries(rows), secrets: unique(secrets) }
  } finally {
    await db.close()
  }
}

const madeAnew = new Set(['action_versions', 'action_bindings'])

function shownRow(table: string, text: string): string {
  const row = Object.entries(JSON.parse(text)).filter(
    ([member]) =>
      !marks.has(member) &&
      !member.startsWith('sealed_') &&
      !(madeAnew.has(table) && ['id', 'number', 'created_at'].includes(member)),
  )
  return ordered(Object.fromEntries(row))
}

/** The text of a value whose members have no order of their own. */
const ordered = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [two]) => (one < two ? -1 : 1)))
      : part,
  )

const unique = (texts: readonly string[]): string[] => [...new Set(texts)].sort()

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
