import { brandingTheme } from '../furnished-tenant.ts'
import { type Row, type Rows, refused, settings } from './row.ts'

const noStream = refused(404, 'The log stream does not exist.', 'inexistent_log_stream')
const noKey = refused(404, 'The signing key does not exist.', 'inexistent_signing_key')
const noTheme = refused(
  404,
  'There was an error retrieving branding settings: invalid theme ID',
  'theme_not_found',
)

const stream = (row: Omit<Row, 'ids' | 'unknown'> & Pick<Partial<Row>, 'unknown'>): Row => ({
  ids: ({ logStreamId }) => [logStreamId],
  unknown: noStream,
  ...row,
})
const theme = (row: Omit<Row, 'ids' | 'unknown'> & Pick<Partial<Row>, 'unknown'>): Row => ({
  ids: ({ themeId }) => [themeId],
  unknown: noTheme,
  ...row,
})

/** Sections that no tenant here has: read, and empty. */
const empty = (scopes: Readonly<Record<string, string>>): Record<string, Row> =>
  Object.fromEntries(
    Object.entries(scopes).map(([path, scope]) => [
      `GET ${path}`,
      { scopes: [scope], answer: 200 },
    ]),
  )

export const sectionRows: Rows = {
  'GET /log-streams': { scopes: ['read:log_streams'], answer: 200 },
  'POST /log-streams': {
    scopes: ['create:log_streams'],
    body: { type: 'http', sink: { httpEndpoint: 'https://logs.example.test' } },
    // The published status is 201; the recorded one is this.
    answer: 200,
  },
  'GET /log-streams/:id': stream({ scopes: ['read:log_streams'], answer: 200 }),
  'PATCH /log-streams/:id': stream({
    scopes: ['update:log_streams'],
    body: { status: 'paused' },
    answer: 200,
  }),
  'DELETE /log-streams/:id': stream({ scopes: ['delete:log_streams'], answer: 204, unknown: 204 }),

  'GET /keys/signing': { scopes: ['read:signing_keys'], answer: 200 },
  'GET /keys/signing/:kid': {
    scopes: ['read:signing_keys'],
    ids: ({ signingKeyId }) => [signingKeyId],
    answer: 200,
    unknown: noKey,
  },
  'POST /keys/signing/rotate': {
    scopes: ['create:signing_keys', 'update:signing_keys'],
    anyBody: true,
    answer: 201,
  },
  'PUT /keys/signing/:kid/revoke': {
    scopes: ['update:signing_keys'],
    // After the rotation above.
    ids: ({ signingKeyId }) => [signingKeyId],
    anyBody: true,
    answer: 200,
    unknown: noKey,
  },

  'GET /stats/active-users': { scopes: ['read:stats'], answer: 200 },
  'GET /stats/daily': { scopes: ['read:stats'], query: 'from=20260101&to=20260102', answer: 200 },

  ...settings({ '/branding': { logo_url: 'https://shop.test/logo.png' } }, 'branding'),
  'GET /branding/themes/default': { scopes: ['read:branding'], answer: 200 },
  'POST /branding/themes': {
    scopes: ['create:branding', 'update:branding'],
    body: brandingTheme,
    answer: refused(
      409,
      'There was an error updating branding settings: a theme already exists',
      'theme_already_exists',
    ),
  },
  'GET /branding/themes/:id': theme({ scopes: ['read:branding'], answer: 200 }),
  'PATCH /branding/themes/:id': theme({
    scopes: ['update:branding'],
    body: brandingTheme,
    answer: 200,
  }),
  'DELETE /branding/themes/:id': theme({ scopes: ['delete:branding'], answer: 204 }),
  'GET /branding/templates/universal-login': {
    scopes: ['read:branding'],
    answer: refused(404, 'Template does not exist.', 'inexistent_templates_universal_login'),
  },
  ...settings({ '/prompts': { identifier_first: true } }, 'prompts'),
  'GET /prompts/:prompt/custom-text/:language': {
    scopes: ['read:prompts'],
    ids: () => ['login', 'en'],
    answer: 200,
  },
  'PUT /prompts/:prompt/custom-text/:language': {
    scopes: ['update:prompts'],
    ids: () => ['login', 'en'],
    body: { login: { title: 'Hello' } },
    open: true,
    answer: 200,
  },
  'GET /prompts/:prompt/partials': { scopes: ['read:prompts'], ids: () => ['login'], answer: 200 },

  ...empty({
    '/connection-profiles': 'read:connection_profiles',
    '/custom-domains': 'read:custom_domains',
    '/event-streams': 'read:event_streams',
    '/flows': 'read:flows',
    '/flows/vault/connections': 'read:flows_vault_connections',
    '/forms': 'read:forms',
    '/hooks': 'read:hooks',
    '/network-acls': 'read:network_acls',
    '/organizations': 'read:organizations',
    '/prompts/rendering': 'read:prompts',
    '/roles': 'read:roles',
    '/rules': 'read:rules',
    '/rules-configs': 'read:rules_configs',
    '/self-service-profiles': 'read:self_service_profiles',
    '/token-exchange-profiles': 'read:token_exchange_profiles',
    '/user-attribute-profiles': 'read:user_attribute_profiles',
  }),
  'GET /emails/provider': {
    scopes: ['read:email_provider'],
    answer: refused(404, 'There is not a configured email provider', 'inexistent_email_provider'),
  },
  'GET /email-templates/:name': {
    scopes: ['read:email_templates'],
    ids: () => ['verify_email'],
    answer: refused(404, 'The template does not exist.', 'inexistent_email_template'),
  },
  'GET /supplemental-signals': {
    scopes: ['read:attack_protection'],
    answer: refused(403, 'This server does not have this feature.', 'feature_not_enabled'),
  },
}
