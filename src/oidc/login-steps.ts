import type { Deps } from '../domain/deps.ts'
import type { Tenant } from '../domain/tenant.ts'
import { replaceLoginStep } from '../store/login-steps.ts'
import type { Login } from './login-transaction.ts'

/**
 * Replaces what one member of a login's `steps` holds, unless another request of its browser has changed
 * it meanwhile.
 *
 * @param step.from what this request found; null for nothing
 * @returns false when another was quicker, or the login is over
 */
export const replaceStep = async (
  deps: Deps,
  tenant: Tenant,
  { stateHash }: Login,
  step: { name: string; from: string | null; to: string },
): Promise<boolean> => (await replaceLoginStep(deps.db, tenant.id, { stateHash, ...step })) === 1
