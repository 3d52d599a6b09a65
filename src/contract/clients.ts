import { type Static, Type } from 'typebox'
import { nullable, nullableEnum } from './nullable.ts'
import { shownMembers } from './shown.ts'

/** `/api/v2/clients`: applications. Source: Auth0's Management API v2. */

export const appTypes = [
  'native',
  'spa',
  'regular_web',
  'non_interactive',
  'resource_server',
  'express_configuration',
  'rms',
  'box',
  'cloudbees',
  'concur',
  'dropbox',
  'mscrm',
  'echosign',
  'egnyte',
  'newrelic',
  'office365',
  'salesforce',
  'sentry',
  'sharepoint',
  'slack',
  'springcm',
  'zendesk',
  'zoom',
  'sso_integration',
  'b2b_integration',
  'oag',
] as const

export const tokenEndpointAuthMethods = [
  'none',
  'client_secret_post',
  'client_secret_basic',
] as const

const Strings = Type.Array(Type.String({ maxLength: 2048 }), { maxItems: 1000 })
const Anything = Type.Unknown()

/** Lifetimes in seconds. */
export const JwtConfiguration = Type.Object(
  {
    lifetime_in_seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_592_000 })),
    secret_encoded: Type.Optional(Type.Boolean()),
    scopes: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    alg: Type.Optional(Type.Enum(['HS256', 'RS256', 'RS512', 'PS256', 'ES256'])),
  },
  { additionalProperties: false },
)

const TokenLifetime = Type.Integer({ minimum: 1, maximum: 157_788_000 })

/** Lifetimes and leeway in seconds. */
export const RefreshTokenSettings = Type.Object(
  {
    rotation_type: Type.Enum(['rotating', 'non-rotating']),
    expiration_type: Type.Enum(['expiring', 'non-expiring']),
    leeway: Type.Optional(Type.Integer({ minimum: 0, maximum: 157_788_000 })),
    token_lifetime: Type.Optional(TokenLifetime),
    infinite_token_lifetime: Type.Optional(Type.Boolean()),
    idle_token_lifetime: Type.Optional(TokenLifetime),
    infinite_idle_token_lifetime: Type.Optional(Type.Boolean()),
    policies: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
)
export type RefreshTokenSettings = Static<typeof RefreshTokenSettings>

const members = {
  name: Type.String({
    minLength: 1,
    maxLength: 1000,
    pattern: '^[^<>]+$',
    description: 'Name of this client (min length: 1 character, does not allow < or >).',
  }),
  description: nullable(Type.String({ maxLength: 140 })),
  app_type: nullableEnum(appTypes),
  token_endpoint_auth_method: nullableEnum(tokenEndpointAuthMethods),
  grant_types: nullable(
    Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 100 }),
  ),
  callbacks: nullable(Strings),
  allowed_logout_urls: nullable(Strings),
  allowed_origins: nullable(Strings),
  web_origins: nullable(Strings),
  client_aliases: nullable(Strings),
  allowed_clients: nullable(Strings),
  is_first_party: Type.Boolean(),
  oidc_conformant: Type.Boolean(),
  jwt_configuration: nullable(JwtConfiguration),
  refresh_token: nullable(RefreshTokenSettings),
  client_metadata: nullable(
    Type.Record(
      Type.String(),
      Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: 255 }),
    ),
  ),
  cross_origin_authentication: Type.Boolean(),
  cross_origin_loc: nullable(Type.String({ maxLength: 2048 })),
  sso: Type.Boolean(),
  sso_disabled: Type.Boolean(),
  custom_login_page_on: Type.Boolean(),
  custom_login_page: nullable(Type.String()),
  custom_login_page_preview: nullable(Type.String()),
  form_template: nullable(Type.String()),
  is_token_endpoint_ip_header_trusted: Type.Boolean(),
  organization_usage: nullableEnum(['deny', 'allow', 'require']),
  organization_require_behavior: nullableEnum([
    'no_prompt',
    'pre_login_prompt',
    'post_login_prompt',
  ]),
  initiate_login_uri: nullable(Type.String({ maxLength: 2048 })),
  logo_uri: nullable(Type.String({ maxLength: 2048 })),
  // Kept as they were sent: nothing here acts on them, and tools compare what they wrote.
  organization_discovery_methods: Anything,
  default_organization: Anything,
  addons: Anything,
  mobile: Anything,
  native_social_login: Anything,
  oidc_logout: Anything,
  oidc_backchannel_logout: Anything,
  session_transfer: Anything,
  token_exchange: Anything,
  token_quota: Anything,
  client_authentication_methods: Anything,
  encryption_key: Anything,
  compliance_level: Anything,
  require_pushed_authorization_requests: Anything,
  require_proof_of_possession: Anything,
  par_request_expiry: Anything,
  resource_server_identifier: Anything,
  skip_non_verifiable_callback_uri_confirmation_prompt: Anything,
  third_party_security_mode: Anything,
  redirection_policy: Anything,
  signed_request_object: Anything,
  async_approval_notification_channels: Anything,
  express_configuration: Anything,
  my_organization_configuration: Anything,
}

/** `POST /api/v2/clients`. */
export const ClientCreate = Type.Object(
  {
    ...Type.Partial(Type.Object(members)).properties,
    name: members.name,
  },
  { additionalProperties: false },
)
export type ClientCreate = Static<typeof ClientCreate>

/** `PATCH /api/v2/clients/{id}`: arrays and objects are replaced, null removes a member. */
export const ClientPatch = Type.Object(
  {
    ...Type.Partial(Type.Object(members)).properties,
    client_secret: Type.Optional(Type.String({ minLength: 16, maxLength: 1000 })),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type ClientPatch = Static<typeof ClientPatch>

/** A client as it is shown; what was never set is left out. */
export const ClientView = Type.Object(
  {
    ...shownMembers(members),
    client_metadata: Type.Optional(Type.Record(Type.String(), Type.String())),
    client_id: Type.String(),
    name: Type.String(),
    /** Only to who may read keys. */
    client_secret: Type.Optional(Type.String()),
    /** The tenant's certificate; only to who may read keys. */
    signing_keys: Type.Optional(
      Type.Array(
        Type.Object({
          cert: Type.String(),
          pkcs7: Type.Optional(Type.String()),
          subject: Type.Optional(Type.String()),
        }),
      ),
    ),
    // Reads tell these, writes do not.
    tenant: Type.Optional(Type.String()),
    global: Type.Optional(Type.Boolean()),
    callback_url_template: Type.Optional(Type.Boolean()),
    cross_origin_auth: Type.Optional(Type.Boolean()),
  },
  { title: 'Client' },
)
export type ClientView = Static<typeof ClientView>

/** With `fields`, or for who may read an overview only, not all members come. */
export const ClientFields = Type.Partial(ClientView)
