import { findClientGrantFor } from '../store/client-grants.ts'
import type { Deps } from './deps.ts'
import type { Client, Tenant } from './tenant.ts'

/** Which scopes of an API a client may have, for itself or for its people. */
export type GrantedScopes = { scopes: ReadonlySet<string>; allScopes: boolean }

type Cache = Map<string, Promise<GrantedScopes | undefined>>

/** Marks the grants in `tenant.derived`: they are settings and last as long. */
const cached = Symbol('client grants')
const mostCached = 5000

/** The client's grant for an API that exists; undefined when it has none. */
export function clientGrantFor(
  deps: Deps,
  tenant: Tenant,
  client: Client,
  audience: string,
  subjectType: 'client' | 'user',
): Promise<GrantedScopes | undefined> {
  let grants = tenant.derived.get(cached) as Cache | undefined // set below only
  if (grants === undefined || grants.size >= mostCached) {
    grants = new Map()
    tenant.derived.set(cached, grants)
  }
  const key = JSON.stringify([client.clientId, audience, subjectType])
  const known = grants.get(key)
  if (known !== undefined) return known
  const finding = find(deps, tenant, client, audience, subjectType)
  grants.set(key, finding)
  finding.catch(() => grants.delete(key))
  return finding
}

async function find(
  deps: Deps,
  tenant: Tenant,
  client: Client,
  audience: string,
  subjectType: 'client' | 'user',
): Promise<GrantedScopes | undefined> {
  const row = await findClientGrantFor(deps.db, tenant.id, client.clientId, audience, subjectType)
  if (row === undefined) return undefined
  const scope = row.document.scope as readonly string[] | undefined // checked when written
  return { scopes: new Set(scope), allScopes: row.document.allow_all_scopes === true }
}
