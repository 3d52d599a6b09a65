/**
 * The scopes of the Management API: what the system API offers and the first administrator gets.
 * Source: Auth0's Management API v2, and product.md for the resources under `/api/v2/phone`.
 */

const crud = ['read', 'create', 'update', 'delete'] as const

const each = (verbs: readonly string[], resource: string): string[] =>
  verbs.map((verb) => `${verb}:${resource}`)

/** Scopes of the original. */
const originalScopes: readonly string[] = [
  ...each(crud, 'phone_providers'),
  ...each(crud, 'phone_templates'),
  ...each(['read', 'update'], 'guardian_factors'),
  ...each(['read', 'delete'], 'guardian_enrollments'),
  'create:guardian_enrollment_tickets',
  ...each(['read', 'update'], 'mfa_policies'),
  ...each(['read', 'update'], 'tenant_settings'),
  ...each(crud, 'connections'),
  ...each(['read', 'update'], 'connections_options'),
  ...each(['read', 'create', 'update'], 'connections_keys'),
  ...each(crud, 'clients'),
  'read:client_summary',
  ...each(crud, 'client_keys'),
  ...each(crud, 'client_credentials'),
  ...each(crud, 'client_grants'),
  ...each(crud, 'resource_servers'),
  ...each(crud, 'users'),
  ...each(crud, 'users_app_metadata'),
  ...each(['read', 'update', 'delete'], 'current_user'),
  ...each(['create', 'update', 'delete'], 'current_user_metadata'),
  'read:user_idp_tokens',
  'create:user_tickets',
  ...each(crud, 'authentication_methods'),
  ...each(['read', 'delete'], 'sessions'),
  ...each(['read', 'delete'], 'refresh_tokens'),
  'read:roles',
  'read:organizations',
  ...each(crud, 'actions'),
  'read:logs',
  'read:logs_users',
  ...each(crud, 'log_streams'),
  ...each(['read', 'update'], 'attack_protection'),
  ...each(['read', 'delete'], 'anomaly_blocks'),
  ...each(crud, 'branding'),
  ...each(['read', 'update'], 'prompts'),
  ...each(crud, 'custom_domains'),
  'read:stats',
  ...each(['read', 'create', 'update'], 'signing_keys'),
  'read:directory_provisionings',
  // Sections that are empty here, which tools read all the same.
  'read:connection_profiles',
  'read:email_provider',
  'read:email_templates',
  'read:event_streams',
  'read:flows',
  'read:flows_vault_connections',
  'read:forms',
  'read:hooks',
  'read:network_acls',
  'read:rules',
  'read:rules_configs',
  'read:self_service_profiles',
  'read:token_exchange_profiles',
  'read:user_attribute_profiles',
]

/** Scopes of what lives under `/api/v2/phone`. */
const ownScopes: readonly string[] = [
  'read:phone_messages',
  'read:phone_experience',
  'read:phone_inbox',
  ...each(['read', 'update'], 'phone_protection'),
  'read:phone_experience',
]

/** Every scope that a route of the Management API may ask for. */
export const managementScopes: readonly string[] = [...originalScopes, ...ownScopes]

/** The API that these scopes belong to. Its name is compared by Auth0's deploy tool. */
export const managementApiName = 'Auth0 Management API'

/** The identifier of a tenant's Management API: the trailing slash belongs to it. */
export const managementAudience = (tenantUrl: string): string => `${tenantUrl}/api/v2/`
