import { type Static, Type } from 'typebox'
import { nullable, nullableEnum } from './nullable.ts'
import { shownMembers } from './shown.ts'

/** `/api/v2/tenants/settings`. Source: Auth0's Management API v2. */

/** Languages that a tenant can enable, the first of its list is its default. */
export const tenantLocales = (
  'am ar ar-EG ar-SA az bg bn bs ca-ES cnr cs cy da de el en en-CA es es-419 es-AR es-MX et eu-ES fa ' +
  'fi fr fr-CA fr-FR gl-ES gu he hi hr hu hy id is it ja ka kk kn ko lt lv mk ml mn mr ms my nb nl ' +
  'nn no pa pl pt pt-BR pt-PT ro ru sk sl so sq sr sv sw ta te th tl tr uk ur vi zgh zh-CN zh-HK ' +
  'zh-MO zh-TW'
).split(' ')

const Uri = Type.String({ maxLength: 2048, pattern: '^($|https?://[^\\s<>"]+$)' })
const Hours = Type.Integer({ minimum: 1, maximum: 100_000 })
const Minutes = Type.Integer({ minimum: 1, maximum: 6_000_000 })
const Page = nullable(
  Type.Object(
    {
      enabled: Type.Optional(Type.Boolean()),
      html: Type.Optional(Type.String()),
    },
    { additionalProperties: false },
  ),
)
const OpenObject = Type.Object({}, { additionalProperties: true })

/** `PATCH /api/v2/tenants/settings`. */
export const TenantSettingsPatch = Type.Partial(
  Type.Object({
    phone_consolidated_experience: Type.Boolean(),
    friendly_name: Type.String({ maxLength: 500 }),
    picture_url: Uri,
    support_email: Type.String({ maxLength: 320, pattern: '^($|[^@\\s<>]+@[^@\\s<>]+$)' }),
    support_url: Uri,
    enabled_locales: Type.Array(Type.Enum(tenantLocales), { minItems: 1, uniqueItems: true }),
    country_codes: nullable(
      Type.Object(
        {
          list: Type.Array(Type.String({ pattern: '^[A-Z]{2}$' }), {
            minItems: 1,
            maxItems: 300,
            uniqueItems: true,
          }),
          mode: Type.Enum(['allow', 'deny']),
        },
        { additionalProperties: false },
      ),
    ),
    default_directory: Type.String({ maxLength: 200 }),
    default_audience: Type.String({ maxLength: 600 }),
    default_redirection_uri: Type.String({
      maxLength: 2048,
      pattern: '^($|https://[^\\s<>"]+$)',
    }),
    flags: Type.Record(Type.String({ maxLength: 100 }), Type.Boolean(), { maxProperties: 100 }),
    customize_mfa_in_postlogin_action: nullable(Type.Boolean()),
    session_lifetime: Hours,
    session_lifetime_in_minutes: Minutes,
    idle_session_lifetime: Hours,
    idle_session_lifetime_in_minutes: Minutes,
    ephemeral_session_lifetime: Hours,
    ephemeral_session_lifetime_in_minutes: Minutes,
    idle_ephemeral_session_lifetime: Hours,
    idle_ephemeral_session_lifetime_in_minutes: Minutes,
    change_password: Page,
    guardian_mfa_page: Page,
    error_page: nullable(
      Type.Object(
        {
          html: Type.Optional(Type.String()),
          show_log_link: Type.Optional(Type.Boolean()),
          url: Type.Optional(Uri),
        },
        { additionalProperties: false },
      ),
    ),
    device_flow: nullable(
      Type.Object(
        {
          charset: Type.Optional(Type.Enum(['base20', 'digits'])),
          mask: Type.Optional(Type.String({ maxLength: 20 })),
        },
        { additionalProperties: false },
      ),
    ),
    default_token_quota: nullable(OpenObject),
    allowed_logout_urls: Type.Array(Type.String({ maxLength: 2048 }), { maxItems: 1000 }),
    sandbox_version: Type.String({ minLength: 1, maxLength: 8 }),
    legacy_sandbox_version: Type.String({ minLength: 1, maxLength: 8 }),
    session_cookie: nullable(
      Type.Object(
        { mode: Type.Enum(['persistent', 'non-persistent']) },
        { additionalProperties: false },
      ),
    ),
    sessions: nullable(OpenObject),
    oidc_logout: nullable(OpenObject),
    allow_organization_name_in_authentication_api: nullable(Type.Boolean()),
    acr_values_supported: nullable(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 })),
    mtls: nullable(OpenObject),
    pushed_authorization_requests_supported: nullable(Type.Boolean()),
    authorization_response_iss_parameter_supported: nullable(Type.Boolean()),
    skip_non_verifiable_callback_uri_confirmation_prompt: nullable(Type.Boolean()),
    resource_parameter_profile: nullableEnum(['audience', 'compatibility']),
    client_id_metadata_document_supported: Type.Boolean(),
    enable_ai_guide: Type.Boolean(),
    include_session_metadata_in_tenant_logs: Type.Boolean(),
    dynamic_client_registration_security_mode: Type.Enum(['strict', 'permissive']),
    security_headers: nullable(OpenObject),
    universal_login: nullable(OpenObject),
  }),
  { additionalProperties: false, minProperties: 1 },
)
export type TenantSettingsPatch = Static<typeof TenantSettingsPatch>

const {
  session_lifetime_in_minutes: _,
  idle_session_lifetime_in_minutes: __,
  ephemeral_session_lifetime_in_minutes: ___,
  idle_ephemeral_session_lifetime_in_minutes: ____,
  ...kept
} = TenantSettingsPatch.properties
const ShownHours = Type.Optional(Type.Number({ description: 'Hours, with a fraction' }))

/** The settings as they are shown; what was never set is left out. */
export const TenantSettingsView = Type.Object(
  {
    ...shownMembers(kept),
    phone_consolidated_experience: Type.Boolean(),
    session_lifetime: ShownHours,
    idle_session_lifetime: ShownHours,
    ephemeral_session_lifetime: ShownHours,
    idle_ephemeral_session_lifetime: ShownHours,
    /** Told by reads only. */
    sandbox_versions_available: Type.Optional(Type.Array(Type.String())),
  },
  { title: 'TenantSettings' },
)
export type TenantSettingsView = Static<typeof TenantSettingsView>

/** With `fields` not all members come. */
export const TenantSettingsFields = Type.Partial(TenantSettingsView)
