import { randomAlphanumeric } from '../base/random.ts'
import type { ClientCreate, RefreshTokenSettings } from '../contract/clients.ts'
import type { Deps } from './deps.ts'

type Members = Readonly<Record<string, unknown>>

/**
 * The grant types of a client that was created without any. Nothing narrows them by `app_type` alone:
 * the original's console does that, not its API. Source: management-api 7.4, recorded.
 */
export function defaultGrantTypes(
  client: Pick<ClientCreate, 'app_type' | 'token_endpoint_auth_method' | 'is_first_party'>,
): string[] {
  if (client.app_type === 'resource_server') return []
  if (client.app_type === 'express_configuration')
    return ['authorization_code', 'client_credentials']
  if (client.is_first_party === false && client.app_type === 'regular_web') {
    return ['authorization_code']
  }
  const forAll = ['authorization_code', 'implicit', 'refresh_token']
  return client.token_endpoint_auth_method === 'none' ? forAll : [...forAll, 'client_credentials']
}

/** What a client has where its creator said nothing. Source: management-api 7.2, recorded. */
export function defaultClientDocument(create: ClientCreate): Record<string, unknown> {
  return {
    is_token_endpoint_ip_header_trusted: false,
    oidc_conformant: create.is_first_party === false,
    jwt_configuration: completeJwtConfiguration({}),
    sso_disabled: false,
    cross_origin_authentication: false,
    grant_types: defaultGrantTypes(create),
    custom_login_page_on: true,
    refresh_token: completeRefreshToken({
      rotation_type: 'non-rotating',
      expiration_type: 'non-expiring',
    }),
  }
}

/** `jwt_configuration` with what was left out. */
export const completeJwtConfiguration = (configuration: Members): Members => ({
  lifetime_in_seconds: 36_000,
  secret_encoded: false,
  ...configuration,
})

/** `refresh_token` with what was left out: tokens that expire have both ends, others have none. */
export function completeRefreshToken(settings: RefreshTokenSettings): Members {
  const endless = settings.expiration_type === 'non-expiring'
  return {
    leeway: 0,
    token_lifetime: 2_592_000,
    infinite_token_lifetime: endless,
    idle_token_lifetime: 1_296_000,
    infinite_idle_token_lifetime: endless,
    ...settings,
  }
}

/** The form of Auth0's client ids. */
export const newClientId = (deps: Pick<Deps, 'random'>): string =>
  randomAlphanumeric(deps.random, 32)

/** 64 characters that need no escaping anywhere. */
export const newClientSecret = (deps: Pick<Deps, 'random'>): string =>
  randomAlphanumeric(deps.random, 64)
