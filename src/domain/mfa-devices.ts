import {
  type AuthenticationMethodRow,
  listAuthenticationMethods,
} from '../store/authentication-methods.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

/** What a person may prove itself with: a phone, an app, the recovery code; confirmed or not. */
export type MfaDevice = AuthenticationMethodRow

/** All that a person has, whether or not the tenant offers it now. */
export const mfaDevices = (deps: Deps, tenant: Tenant, userId: string): Promise<MfaDevice[]> =>
  listAuthenticationMethods(deps.db, tenant.id, userId)
