import { randomToken } from '../base/random.ts'
import { tokenHash } from '../base/secret-box.ts'
import { insertRememberedBrowser } from '../store/remembered-browsers.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

/** How long a browser is remembered. Source: the original's thirty days. */
export const browserRememberedMs = 30 * 86_400_000

/**
 * Remembers a browser in which a person has just passed a second factor.
 *
 * @returns the value of its cookie
 */
export async function rememberBrowser(deps: Deps, tenant: Tenant, userId: string): Promise<string> {
  const token = randomToken(deps.random)
  const now = deps.clock.now()
  await insertRememberedBrowser(deps.db, {
    tenant_id: tenant.id,
    token_hash: tokenHash(token),
    user_id: userId,
    created_at: now,
    expires_at: now + browserRememberedMs,
  })
  return token
}
