/**
 * What an application asked for at `/authorize`, as we keep it: in the library's request while a login
 * is under way, and beside the code until it is exchanged.
 */
export type LoginRequest = {
  /** The scope names in the order asked; the library itself is always asked for `openid`. */
  scopes: readonly string[]
  /** Null where none was named. */
  audience: string | null
  /** `code`, `token`, `id_token` or several of them in this order, as asked. */
  responseType: string
  /** The name of the connection that was asked for. */
  connection: string | null
  /** `acr_values` names a second factor. */
  wantsSecondFactor: boolean
  /** `max_age` or `prompt=login`: the ID token tells when the person logged in. */
  wantsAuthTime: boolean
  /** `ui_locales`, best first. */
  locales: string | null
  loginHint: string | null
  screenHint: string | null
  /** `ext-*`, for templates and Actions. */
  extra: Readonly<Record<string, string>>
  /** Where the way back begins if a page has expired. */
  redirectUri: string
  /** Refused when the callback is known to be right: told to the application. */
  refusal: { error: string; description: string } | null
}

/** Asks for a second factor, and tells that there was one. */
export const multiFactorUri = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor'

/** The one parameter of ours that the library keeps for us. */
export const requestParameter = 'trunkline_request'

/** Reads what `requestParameter` holds; written by `authorize.ts` only. */
export const readLoginRequest = (value: unknown): LoginRequest => JSON.parse(String(value))
