import { AppError } from '../base/app-error.ts'
import type { MfaRequirements } from '../contract/mfa.ts'
import type { Deps } from '../domain/deps.ts'
import { type MfaRequest, startMfaTransaction } from '../domain/mfa-transactions.ts'
import type { Client, Tenant } from '../domain/tenant.ts'

/**
 * Ends a grant whose first factor was right and whose second has to follow: keeps it, and refuses with
 * the `mfa_token` that stands for it. The caller has written `mfar` (`domain/mfa-required-log.ts`).
 *
 * Source: authentication-api 1.6.
 *
 * @throws AppError `mfa_required`, always
 */
export async function requireSecondFactor(
  deps: Deps,
  tenant: Tenant,
  grant: {
    client: Client
    userId: string
    requirements: MfaRequirements
    request: MfaRequest
  },
): Promise<never> {
  const token = await startMfaTransaction(deps, tenant, grant)
  throw new AppError('mfa_required', {
    members: { mfa_token: token, mfa_requirements: grant.requirements },
  })
}
