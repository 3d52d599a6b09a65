import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint } from 'jose'
import type { Db } from '../store/db.ts'
import {
  deletePreviousKeys,
  insertSigningKeys,
  promoteNextKeys,
  retireCurrentKeys,
  type SigningKeyRow,
} from '../store/signing-keys.ts'
import { lockTenant } from '../store/tenants.ts'
import type { Deps } from './deps.ts'
import { seal } from './sealing.ts'
import type { SigningKey, Tenant } from './tenant.ts'
import { tenantFlag } from './tenant-flags.ts'

/** The algorithms of which every tenant has keys. */
export const signingAlgorithms = ['RS256', 'ES256'] as const

/**
 * The longest life of a token that a key may have signed: the upper bound of an API's
 * `token_lifetime`. A former key stays published that long after its rotation.
 */
export const longestTokenLifeMs = 2_592_000_000

/**
 * Draws a tenant's first keys: for each algorithm a current one and the one that follows it. The next
 * key is published from the start, so that a verifier knows it before it signs.
 *
 * Takes about half a second of a pool thread (RSA), so call it before a transaction, not in it.
 */
export async function generateSigningKeys(
  deps: Pick<Deps, 'clock' | 'secretBox'>,
  tenantId: string,
): Promise<SigningKeyRow[]> {
  const states = ['current', 'next'] as const
  return Promise.all(
    signingAlgorithms.flatMap((alg) =>
      states.map((state) => generateSigningKey(deps, tenantId, alg, state)),
    ),
  )
}

/** Gives a new tenant its keys; `keys` are drawn here unless the caller drew them before. */
export async function createSigningKeys(
  deps: Pick<Deps, 'clock' | 'secretBox'>,
  db: Db,
  tenantId: string,
  keys?: readonly SigningKeyRow[],
): Promise<void> {
  await insertSigningKeys(db, keys ?? (await generateSigningKeys(deps, tenantId)))
}

/**
 * Renews a tenant's keys: next becomes current, current becomes previous, and a new next is drawn.
 * Former keys are dropped once no token that they signed can be alive.
 */
export async function rotateSigningKeys(deps: Deps, tenantId: string): Promise<void> {
  const next = await Promise.all(
    signingAlgorithms.map((alg) => generateSigningKey(deps, tenantId, alg, 'next')),
  )
  await deps.db.transaction(async (tx) => {
    // Two rotations at once would both promote; the second waits here and promotes the first's next.
    await lockTenant(tx, tenantId)
    const now = deps.clock.now()
    await retireCurrentKeys(tx, tenantId, now)
    await promoteNextKeys(tx, tenantId)
    await insertSigningKeys(tx, next)
    await deletePreviousKeys(tx, tenantId, now - longestTokenLifeMs)
  })
}

/**
 * The keys that verifiers may trust at `now`: current ones first, RSA before the others, because some
 * verifiers take the first key that they see.
 */
export function publishedSigningKeys(tenant: Tenant, now: number): SigningKey[] {
  const states = ['current', 'next', 'previous']
  const place = (key: SigningKey) =>
    2 * states.indexOf(key.state) + (key.alg === signingAlgorithms[0] ? 0 : 1)
  return tenant.signingKeys
    .filter((key) => key.rotated_at === null || key.rotated_at > now - longestTokenLifeMs)
    .sort((a, b) => place(a) - place(b))
}

/**
 * The tenant's JWKS at `now`. The members are those of Auth0's: `alg` is left out when the tenant set
 * the flag `remove_alg_from_jwks`, which APIs signed with RS512 or PS256 need.
 */
export function publicJwks(tenant: Tenant, now: number): { keys: Record<string, unknown>[] } {
  const withAlg = tenantFlag(tenant, 'remove_alg_from_jwks') !== true
  return {
    keys: publishedSigningKeys(tenant, now).map((key) => ({
      ...key.public_jwk,
      use: 'sig',
      kid: key.kid,
      ...(withAlg && { alg: key.alg }),
    })),
  }
}

const generate = promisify(generateKeyPair)

async function generateSigningKey(
  deps: Pick<Deps, 'clock' | 'secretBox'>,
  tenantId: string,
  alg: (typeof signingAlgorithms)[number],
  state: 'current' | 'next',
): Promise<SigningKeyRow> {
  const { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject } =
    alg === 'RS256'
      ? await generate('rsa', { modulusLength: 2048 })
      : await generate('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const kid = await calculateJwkThumbprint(jwk)
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' })
  return {
    tenant_id: tenantId,
    kid,
    alg,
    state,
    public_jwk: { ...jwk },
    sealed_private_key: seal(deps, tenantId, 'signing-key', kid, pem),
    created_at: deps.clock.now(),
    rotated_at: null,
  }
}
