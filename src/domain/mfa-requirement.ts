import { tokenHash } from '../base/secret-box.ts'
import type { MfaRequirements } from '../contract/mfa.ts'
import { listAuthenticationMethods } from '../store/authentication-methods.ts'
import { findRememberedBrowser } from '../store/remembered-browsers.ts'
import type { Deps } from './deps.ts'
import {
  challengeableTypes,
  countedMethods,
  enrollableTypes,
  type MfaSettings,
  mfaSettings,
} from './mfa-settings.ts'
import type { Tenant } from './tenant.ts'

/** What a sign-in says of itself. */
export type MfaContext = {
  /**
   * Asks for a token that manages factors: whoever has one must prove it, whatever the policy. A person
   * without a factor needs none for it.
   */
  managesFactors?: boolean
  /** The cookie of a browser that was remembered. */
  browser?: string | undefined
  /** The application wants a second factor, whatever the policy (`acr_values`). */
  wanted?: boolean
}

/** Whether a second factor is needed after the first, and which will do. */
export type MfaRequirement =
  | { required: false }
  | { required: true; requirements: MfaRequirements; settings: MfaSettings }

/**
 * Whether a person needs a second factor. Who has one that the tenant has enabled needs it even while
 * nothing can be delivered: the list of factors is empty then, and the sign-in waits.
 *
 * @param person tells who it is, once that matters; undefined for a person who is not there yet
 */
export async function mfaRequirement(
  deps: Deps,
  tenant: Tenant,
  person: () => Promise<string | undefined>,
  context: MfaContext,
): Promise<MfaRequirement> {
  const settings = await mfaSettings(deps, tenant)
  const mayBeAsked = settings.phone || settings.otp
  const asked = settings.asked || context.wanted === true
  if (!mayBeAsked || !(asked || context.managesFactors)) return { required: false }
  const userId = await person()
  // Asked for nobody as well: the answer for an unknown number takes the same work.
  const rows = await listAuthenticationMethods(deps.db, tenant.id, userId ?? '')
  const has = countedMethods(settings, rows).length > 0
  if (!has && !asked) return { required: false }
  if (has && userId !== undefined && (await isRemembered(deps, tenant, userId, context))) {
    return { required: false }
  }
  const types = has ? challengeableTypes(settings, rows) : enrollableTypes(settings)
  const list = types.map((type) => ({ type }))
  return { required: true, settings, requirements: has ? { challenge: list } : { enroll: list } }
}

async function isRemembered(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  { browser, managesFactors, wanted }: MfaContext,
): Promise<boolean> {
  if (browser === undefined || browser.length > 100 || managesFactors || wanted) return false
  const now = deps.clock.now()
  const found = await findRememberedBrowser(deps.db, tenant.id, {
    ...{ tokenHash: tokenHash(browser), userId, now },
  })
  return found !== undefined
}
