import type { RateLimit } from '../base/app-error.ts'
import { limitedAddress } from './allow-list.ts'
import type { Deps } from './deps.ts'
import { enforceLimits } from './limits.ts'
import type { Tenant } from './tenant.ts'

/**
 * Counts a question about what became of a message: sixty a minute for an address, or for one login where
 * its page asks, because many people wait behind one address and each page asks every other second.
 *
 * @param asker.login the hash of the login's `state`
 * @throws AppError `too_many_requests`
 */
export const limitStatusQuestions = (
  deps: Deps,
  tenant: Tenant,
  { ip, login }: { ip: string; login?: Uint8Array },
): Promise<RateLimit | undefined> =>
  enforceLimits(
    deps,
    tenant,
    [
      {
        key: `status:${login === undefined ? limitedAddress(ip) : Buffer.from(login).toString('base64url').slice(0, 22)}`,
        ...{ count: 60, perS: 60 },
      },
    ],
    () => ({
      type: 'api_limit',
      description: 'Delivery state asked for too often',
      ip,
    }),
  )
