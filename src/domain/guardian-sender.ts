import type { MessageCause } from '../store/message-outcome.ts'
import type { Deps } from './deps.ts'
import type { LegacySender } from './legacy-sender.ts'
import { withoutProvider } from './message-route.ts'
import type { Tenant } from './tenant.ts'

/** Where a message of MFA goes by MFA's older settings. */
export async function guardianRoute(
  deps: Deps,
  tenant: Tenant,
): Promise<
  | { to: 'guardian'; sender: LegacySender }
  | { to: 'inbox' }
  | { to: 'nowhere'; cause: MessageCause }
> {
  return withoutProvider(deps, tenant, { code: '', text: '', hint: '' })
}

/** MFA's own texts. Undefined where the defaults are meant. */
export async function guardianText(
  _deps: Deps,
  _tenant: Tenant,
  _flow: string,
): Promise<string | undefined> {
  return undefined
}
