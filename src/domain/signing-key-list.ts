import { X509Certificate } from 'node:crypto'
import { AppError } from '../base/app-error.ts'
import type { SigningKeyView } from '../contract/signing-keys.ts'
import {
  type AnySigningKeyRow,
  listAllSigningKeys,
  revokeSigningKeys,
} from '../store/signing-keys.ts'
import { lockTenant } from '../store/tenants.ts'
import type { Deps } from './deps.ts'
import { open } from './sealing.ts'
import { certificateOf, pkcs7Of } from './signing-certificate.ts'
import { rotateSigningKeys } from './signing-keys.ts'
import type { Tenant } from './tenant.ts'

/**
 * The keys that are listed have certificates, which the original's are: those of RS256. The keys of
 * ES256 are made, renewed and revoked together with them.
 */
const listedAlg = 'RS256'

const states: readonly AnySigningKeyRow['state'][] = ['current', 'next', 'previous']

/** The current key, the next one, then former ones, newest first. */
export async function getSigningKeys(deps: Deps, tenant: Tenant): Promise<SigningKeyView[]> {
  const rows = await listAllSigningKeys(deps.db, tenant.id, listedAlg)
  const rotations = rows.flatMap(({ rotated_at }) => rotated_at ?? []).sort((a, b) => b - a)
  return rows
    .sort(
      (a, b) =>
        states.indexOf(a.state) - states.indexOf(b.state) ||
        (b.rotated_at ?? 0) - (a.rotated_at ?? 0),
    )
    .map((row) => viewOf(deps, tenant, row, rotations))
}

/** @throws AppError `signing_key_not_found` */
export async function getSigningKey(
  deps: Deps,
  tenant: Tenant,
  kid: string,
): Promise<SigningKeyView> {
  const found = (await getSigningKeys(deps, tenant)).find((key) => key.kid === kid)
  if (found === undefined) throw new AppError('signing_key_not_found')
  return found
}

/** Renews the keys. @returns the key that will follow the now current one */
export async function rotateKeys(
  deps: Deps,
  tenant: Tenant,
): Promise<{ kid: string; cert: string }> {
  await rotateSigningKeys(deps, tenant.id)
  const next = (await getSigningKeys(deps, tenant)).find((key) => key.next)
  if (next === undefined) throw new Error('a rotation leaves a next key')
  return { kid: next.kid, cert: next.cert }
}

/**
 * Revokes a former key and with it the others of its rotation: what they signed is trusted no more, from
 * the next request on.
 *
 * @throws AppError `signing_key_not_found`, `signing_key_not_previous`
 */
export async function revokeKey(
  deps: Deps,
  tenant: Tenant,
  kid: string,
): Promise<{ kid: string; cert: string }> {
  await deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    const rows = await listAllSigningKeys(tx, tenant.id, listedAlg)
    const row = rows.find((candidate) => candidate.kid === kid)
    if (row === undefined) throw new AppError('signing_key_not_found')
    if (row.rotated_at === null) throw new AppError('signing_key_not_previous')
    await revokeSigningKeys(tx, tenant.id, row.rotated_at, deps.clock.now())
  })
  const { cert } = await getSigningKey(deps, tenant, kid)
  return { kid, cert }
}

function viewOf(
  deps: Deps,
  tenant: Tenant,
  row: AnySigningKeyRow,
  rotations: readonly number[],
): SigningKeyView {
  const privateKeyPem = open(
    ...([deps, tenant.id, 'signing-key', row.kid, row.sealed_private_key] as const),
  ).toString()
  const cert = certificateOf({ ...row, privateKeyPem }, new URL(tenant.url).hostname)
  const { fingerprint } = new X509Certificate(cert)
  const until = row.rotated_at
  // A key became current when the one before it stepped back.
  const since = rotations.find((at) => until === null || at < until) ?? row.created_at
  return {
    kid: row.kid,
    cert,
    pkcs7: pkcs7Of(cert),
    [row.state]: true,
    ...(row.state !== 'next' && { current_since: new Date(since).toISOString() }),
    ...(until !== null && { current_until: new Date(until).toISOString() }),
    fingerprint,
    thumbprint: fingerprint.replaceAll(':', ''),
    ...(row.state !== 'next' && { revoked: row.revoked_at !== null }),
    ...(row.revoked_at !== null && { revoked_at: new Date(row.revoked_at).toISOString() }),
  }
}
