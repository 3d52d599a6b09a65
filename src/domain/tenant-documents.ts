import type { Db } from '../store/db.ts'
import {
  findTenantDocument,
  putTenantDocument,
  type TenantDocumentRow,
} from '../store/tenant-documents.ts'
import { lockTenant } from '../store/tenants.ts'
import type { Deps } from './deps.ts'
import { open, seal } from './sealing.ts'
import type { Tenant } from './tenant.ts'

/** Keeps what a snapshot of a tenant has read, absent ones too. */
const read = Symbol('tenant documents')

/**
 * One of the tenant's documents as of this snapshot of its settings, secret members included;
 * undefined when it was never written. Read once for each version of the settings.
 *
 * @param name one of a closed list: a stranger's word would fill the memory
 */
export function tenantDocument(deps: Deps, tenant: Tenant, name: string): Promise<unknown> {
  let known = tenant.derived.get(read) as Map<string, Promise<unknown>> | undefined // set below only
  if (known === undefined) {
    known = new Map()
    tenant.derived.set(read, known)
  }
  const cached = known.get(name)
  if (cached !== undefined) return cached
  const loading = findTenantDocument(deps.db, tenant.id, name).then(
    (row) => row && opened(deps, row),
  )
  known.set(name, loading)
  loading.catch(() => known.delete(name))
  return loading
}

/** What a document holds now, secret members included, as a transaction sees it. */
export async function documentIn(
  deps: Deps,
  tx: Db,
  tenantId: string,
  name: string,
): Promise<unknown> {
  const row = await findTenantDocument(tx, tenantId, name)
  return row && opened(deps, row)
}

/** Writes a document inside of a transaction that holds the tenant's lock. */
export const putDocumentIn = (
  deps: Deps,
  tx: Db,
  tenantId: string,
  document: { name: string; value: unknown; secret?: readonly string[] },
): Promise<number> =>
  putTenantDocument(tx, {
    ...{ tenant_id: tenantId, name: document.name, updated_at: deps.clock.now() },
    ...sealedMembers(deps, tenantId, document.name, document.value, document.secret ?? []),
  })

/**
 * Changes a document under the tenant's lock, so that two writers follow each other.
 *
 * @param change gets what stands there now, secret members included; what it throws changes nothing
 * @param secret the names of members that are sealed
 * @returns what stands there afterwards
 */
export const changeTenantDocument = <Document>(
  deps: Deps,
  tenant: Tenant,
  name: string,
  change: (before: unknown, tx: Db) => Document | Promise<Document>,
  secret: readonly string[] = [],
): Promise<Document> =>
  deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    const value = await change(await documentIn(deps, tx, tenant.id, name), tx)
    await putDocumentIn(deps, tx, tenant.id, { name, value, secret })
    return value
  })

/** @returns the document and, where it has secret members, those apart and sealed */
export function sealedMembers(
  deps: Pick<Deps, 'secretBox'>,
  tenantId: string,
  name: string,
  document: unknown,
  secret: readonly string[],
): Pick<TenantDocumentRow, 'document' | 'sealed_members'> {
  if (secret.length === 0) return { document, sealed_members: null }
  const members = Object.entries(Object(document))
  const isSecret = ([member]: [string, unknown]) => secret.includes(member)
  return {
    document: Object.fromEntries(members.filter((entry) => !isSecret(entry))),
    sealed_members: seal(
      ...([deps, tenantId, 'tenant-document', name] as const),
      JSON.stringify(Object.fromEntries(members.filter(isSecret))),
    ),
  }
}

function opened(deps: Deps, row: TenantDocumentRow): unknown {
  const { tenant_id, name, document, sealed_members } = row
  if (sealed_members === null) return document
  const secret = open(deps, tenant_id, 'tenant-document', name, sealed_members).toString()
  return { ...Object(document), ...JSON.parse(secret) }
}
