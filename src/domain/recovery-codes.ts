import { AppError } from '../base/app-error.ts'
import { randomRecoveryCode } from '../base/random.ts'
import { keyedHash } from '../base/secret-box.ts'
import { replaceRecoveryCode } from '../store/authentication-methods.ts'
import { assertUser } from './authentication-methods.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

/**
 * How a recovery code stands in the database: a keyed hash, bound to its owner. Blanks, dashes and the
 * case of letters do not count.
 */
export const recoveryCodeHash = (
  tenant: Pick<Tenant, 'hashKey'>,
  userId: string,
  code: string,
): Buffer =>
  keyedHash(tenant.hashKey, 'recovery-code', userId, code.replace(/[\s-]/g, '').toUpperCase())

/**
 * Gives a person who has a recovery code another one; the former is dead.
 *
 * @throws AppError `user_not_found`, `recovery_code_missing`
 */
export async function regenerateRecoveryCode(
  deps: Deps,
  tenant: Tenant,
  userId: string,
): Promise<string> {
  await assertUser(deps, tenant, userId)
  const code = randomRecoveryCode(deps.random)
  const replaced = await replaceRecoveryCode(deps.db, tenant.id, userId, {
    hash: recoveryCodeHash(tenant, userId, code),
    now: deps.clock.now(),
  })
  if (replaced === 0) throw new AppError('recovery_code_missing')
  return code
}
