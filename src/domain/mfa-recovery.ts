import { randomRecoveryCode } from '../base/random.ts'
import {
  deletePendingMethods,
  insertRecoveryCode,
  listAuthenticationMethods,
} from '../store/authentication-methods.ts'
import type { Db } from '../store/db.ts'
import { newDeviceId } from './authentication-methods.ts'
import type { Deps } from './deps.ts'
import type { MfaSettings } from './mfa-settings.ts'
import { recoveryCodeHash } from './recovery-codes.ts'
import type { Tenant } from './tenant.ts'

/**
 * Makes the recovery code that comes with a person's first factor; it is good once that is confirmed. An
 * enrolment that was never confirmed had one that nobody can use: it is replaced.
 *
 * @returns undefined where the tenant has no recovery codes, or the person has one
 */
export async function offerRecoveryCode(
  deps: Deps,
  tenant: Tenant,
  tx: Db,
  { userId, settings }: { userId: string; settings: MfaSettings },
): Promise<string | undefined> {
  if (!settings.recoveryCode) return undefined
  const rows = await listAuthenticationMethods(tx, tenant.id, userId)
  if (rows.some(({ type, confirmed }) => type === 'recovery-code' && confirmed)) return undefined
  await deletePendingMethods(tx, tenant.id, userId, ['recovery-code'])
  const code = randomRecoveryCode(deps.random)
  const inserted = await insertRecoveryCode(tx, {
    ...{ tenantId: tenant.id, id: newDeviceId(deps), userId, now: deps.clock.now() },
    hash: recoveryCodeHash(tenant, userId, code),
  })
  return inserted === 1 ? code : undefined
}
