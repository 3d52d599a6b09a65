import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { passwordlessOtpGrant } from '../src/contract/passwordless.ts'
import { insertConnectionDeletion } from '../src/store/connection-deletions.ts'
import { dumpTenant, type TenantDump } from './database-dump.ts'
import { brandingTheme, type Furniture, furnish } from './furnished-tenant.ts'
import { type TestServer, testServer } from './harness.ts'
import { collectRoutes, type ServedRoute } from './routes.ts'

/** Two tenants of one process: `mine` calls, `theirs` must neither be seen nor changed. */
type World = { server: TestServer; other: TestServer; mine: Furniture; theirs: Furniture }

/** One request of tenant A with something of tenant B in it, and what it must come to. */
type Attempt = {
  /** With the ids filled in. */
  path: string
  body?: object
  headers?: Record<string, string>
  status: number | readonly number[]
  /** The host that is called; default: A's own. */
  host?: 'mine' | 'theirs'
}

type Case = (world: World) => Attempt | readonly Attempt[]

const path = (text: TemplateStringsArray, ...ids: string[]) =>
  String.raw({ raw: text }, ...ids.map(encodeURIComponent))

/**
 * What is tried on each route of the Management API, with a token of A on A's own host. That the same
 * token is worth nothing on B's host is tried on all of them alike.
 */
const managementCases: Record<string, Case> = {
  ...singletons({
    '/attack-protection/brute-force-protection': { max_attempts: 9 },
    '/attack-protection/suspicious-ip-throttling': { allowlist: ['192.0.2.1'] },
    '/attack-protection/breached-password-detection': { enabled: false },
    '/attack-protection/phone-provider-protection': { type: 'none' },
    '/branding': { logo_url: 'https://a.test/logo.png' },
    '/prompts': { identifier_first: true },
    '/risk-assessments/settings': { enabled: false },
    '/risk-assessments/settings/new-device': { remember_for: 0 },
    '/phone/protection': { number: { count: 50, per_s: 60 } },
    '/tenants/settings': { friendly_name: 'A' },
  }),
  'GET /actions/actions': () => ({ path: '/actions/actions?per_page=100', status: 200 }),
  'POST /actions/actions': () => ({
    path: '/actions/actions',
    body: { name: 'Another', supported_triggers: [{ id: 'send-phone-message', version: 'v2' }] },
    status: 201,
  }),
  'GET /actions/actions/:id': ({ theirs }) => ({
    path: path`/actions/actions/${theirs.actionId}`,
    status: 404,
  }),
  'PATCH /actions/actions/:id': ({ theirs }) => ({
    path: path`/actions/actions/${theirs.actionId}`,
    body: { name: 'Taken' },
    status: 404,
  }),
  'DELETE /actions/actions/:id': ({ theirs }) => ({
    path: `${path`/actions/actions/${theirs.actionId}`}?force=true`,
    status: 404,
  }),
  'POST /actions/actions/:id/deploy': ({ theirs }) => ({
    path: path`/actions/actions/${theirs.actionId}/deploy`,
    status: 404,
  }),
  'POST /actions/actions/:id/test': ({ theirs }) => ({
    path: path`/actions/actions/${theirs.actionId}/test`,
    body: { payload: {} },
    status: 404,
  }),
  'GET /actions/actions/:actionId/versions': ({ theirs }) => ({
    path: path`/actions/actions/${theirs.actionId}/versions`,
    status: 404,
  }),
  'GET /actions/actions/:actionId/versions/:id': ({ mine, theirs }) => [
    {
      path: path`/actions/actions/${theirs.actionId}/versions/${theirs.actionVersionId}`,
      status: 404,
    },
    {
      path: path`/actions/actions/${mine.actionId}/versions/${theirs.actionVersionId}`,
      status: 404,
    },
  ],
  'POST /actions/actions/:actionId/versions/:id/deploy': ({ mine, theirs }) => [
    {
      path: path`/actions/actions/${theirs.actionId}/versions/${theirs.actionVersionId}/deploy`,
      status: 404,
    },
    {
      path: path`/actions/actions/${mine.actionId}/versions/${theirs.actionVersionId}/deploy`,
      status: 404,
    },
  ],
  'GET /actions/executions/:id': ({ theirs }) => ({
    path: path`/actions/executions/${theirs.executionId}`,
    status: 404,
  }),
  'GET /actions/modules': () => ({ path: '/actions/modules', status: 200 }),
  'GET /actions/triggers': () => ({ path: '/actions/triggers', status: 200 }),
  'GET /actions/triggers/:triggerId/bindings': () => ({
    path: '/actions/triggers/custom-phone-provider/bindings',
    status: 200,
  }),
  'PATCH /actions/triggers/:triggerId/bindings': ({ theirs }) => [
    {
      path: '/actions/triggers/custom-phone-provider/bindings',
      body: { bindings: [{ ref: { type: 'action_id', value: theirs.actionId } }] },
      status: 404,
    },
    {
      path: '/actions/triggers/custom-phone-provider/bindings',
      body: { bindings: [{ ref: { type: 'binding_id', value: theirs.bindingId } }] },
      status: 404,
    },
  ],
  'GET /attack-protection/bot-detection': () => ({
    path: '/attack-protection/bot-detection',
    status: 403,
  }),
  'PATCH /attack-protection/bot-detection': () => ({
    path: '/attack-protection/bot-detection',
    body: {},
    status: 403,
  }),
  'GET /attack-protection/captcha': () => ({ path: '/attack-protection/captcha', status: 403 }),
  'PATCH /attack-protection/captcha': () => ({
    path: '/attack-protection/captcha',
    body: {},
    status: 403,
  }),

  'POST /branding/themes': () => ({ path: '/branding/themes', body: brandingTheme, status: 409 }),
  'GET /branding/themes/default': () => ({ path: '/branding/themes/default', status: 200 }),
  'GET /branding/themes/:id': ({ theirs }) => ({
    path: path`/branding/themes/${theirs.themeId}`,
    status: 404,
  }),
  'PATCH /branding/themes/:id': ({ theirs }) => ({
    path: path`/branding/themes/${theirs.themeId}`,
    body: brandingTheme,
    status: 404,
  }),
  'DELETE /branding/themes/:id': ({ theirs }) => ({
    path: path`/branding/themes/${theirs.themeId}`,
    status: 404,
  }),
  'GET /prompts/:prompt/custom-text/:language': () => ({
    path: '/prompts/login/custom-text/en',
    status: 200,
  }),
  'PUT /prompts/:prompt/custom-text/:language': () => ({
    path: '/prompts/login/custom-text/en',
    body: { login: { title: 'A' } },
    status: 200,
  }),
  'GET /prompts/:prompt/partials': () => ({ path: '/prompts/login/partials', status: 200 }),
  ...empty(
    200,
    '/connection-profiles /custom-domains /event-streams /flows /flows/vault/connections /forms /hooks ' +
      '/network-acls /organizations /prompts/rendering /roles /rules /rules-configs ' +
      '/self-service-profiles /token-exchange-profiles /user-attribute-profiles',
  ),
  ...empty(403, '/supplemental-signals'),
  ...empty(404, '/branding/templates/universal-login /emails/provider /email-templates/:name'),

  'GET /client-grants': ({ theirs }) => [
    { path: '/client-grants', status: 200 },
    { path: '/client-grants?take=100', status: 200 },
    { path: path`/client-grants?client_id=${theirs.clientId}`, status: 200 },
    { path: path`/client-grants?audience=${theirs.apiIdentifier}`, status: 200 },
  ],
  'POST /client-grants': ({ mine, theirs }) => [
    {
      path: '/client-grants',
      body: { client_id: theirs.clientId, audience: mine.apiIdentifier, scope: [] },
      status: 404,
    },
    {
      path: '/client-grants',
      body: { client_id: mine.clientId, audience: theirs.apiIdentifier, scope: [] },
      status: 404,
    },
  ],
  'GET /client-grants/:id': ({ theirs }) => ({
    path: path`/client-grants/${theirs.grantId}`,
    status: 404,
  }),
  'PATCH /client-grants/:id': ({ theirs }) => ({
    path: path`/client-grants/${theirs.grantId}`,
    body: { scope: [] },
    status: 404,
  }),
  'DELETE /client-grants/:id': ({ theirs }) => ({
    path: path`/client-grants/${theirs.grantId}`,
    status: [204, 404],
  }),

  'GET /clients': () => [
    { path: '/clients?include_totals=true', status: 200 },
    { path: '/clients?take=100', status: 200 },
  ],
  'POST /clients': () => ({ path: '/clients', body: { name: 'Another' }, status: 201 }),
  'GET /clients/:id': ({ theirs }) => ({ path: path`/clients/${theirs.clientId}`, status: 404 }),
  'PATCH /clients/:id': ({ theirs }) => ({
    path: path`/clients/${theirs.clientId}`,
    body: { name: 'Taken' },
    status: 404,
  }),
  'DELETE /clients/:id': ({ theirs }) => ({
    path: path`/clients/${theirs.clientId}`,
    status: [204, 404],
  }),
  'POST /clients/:id/rotate-secret': ({ theirs }) => ({
    path: path`/clients/${theirs.clientId}/rotate-secret`,
    status: 404,
  }),
  'GET /clients/:id/credentials': ({ theirs }) => ({
    path: path`/clients/${theirs.clientId}/credentials`,
    status: 404,
  }),
  'GET /clients/:id/connections': ({ mine, theirs }) => [
    { path: path`/clients/${theirs.clientId}/connections`, status: 404 },
    { path: path`/clients/${mine.clientId}/connections`, status: 200 },
  ],

  'GET /connections': ({ theirs }) => [
    { path: '/connections?include_totals=true', status: 200 },
    { path: '/connections?take=100', status: 200 },
    { path: path`/connections?name=${theirs.connectionName}`, status: 200 },
  ],
  'POST /connections': ({ theirs }) => ({
    path: '/connections',
    body: { name: 'second', strategy: 'sms', enabled_clients: [theirs.clientId] },
    status: 400,
  }),
  'GET /connections/:id': ({ theirs }) => ({
    path: path`/connections/${theirs.connectionId}`,
    status: 404,
  }),
  'PATCH /connections/:id': ({ mine, theirs }) => [
    {
      path: path`/connections/${theirs.connectionId}`,
      body: { options: { disable_signup: true } },
      status: 404,
    },
    {
      path: path`/connections/${mine.connectionId}`,
      body: { enabled_clients: [theirs.clientId] },
      status: 400,
    },
  ],
  'DELETE /connections/:id': ({ theirs }) => ({
    path: path`/connections/${theirs.connectionId}`,
    status: [204, 404],
  }),
  'GET /connections/:id/clients': ({ mine, theirs }) => [
    { path: path`/connections/${theirs.connectionId}/clients`, status: 404 },
    { path: path`/connections/${mine.connectionId}/clients`, status: 200 },
  ],
  'PATCH /connections/:id/clients': ({ mine, theirs }) => [
    {
      path: path`/connections/${theirs.connectionId}/clients`,
      body: [{ client_id: mine.clientId, status: true }],
      status: 404,
    },
    {
      path: path`/connections/${theirs.connectionId}/clients`,
      body: [{ client_id: theirs.clientId, status: false }],
      status: 404,
    },
    {
      path: path`/connections/${mine.connectionId}/clients`,
      body: [{ client_id: theirs.clientId, status: true }],
      status: [400, 404],
    },
  ],
  'GET /connections/:id/status': ({ theirs }) => ({
    path: path`/connections/${theirs.connectionId}/status`,
    status: 404,
  }),
  'DELETE /connections/:id/users': ({ theirs }) => ({
    path: path`/connections/${theirs.connectionId}/users?email=a@b.test`,
    status: 404,
  }),
  'GET /connections/:id/keys': ({ theirs }) => ({
    path: path`/connections/${theirs.connectionId}/keys`,
    status: 404,
  }),
  'POST /connections/:id/keys': ({ theirs }) => ({
    path: path`/connections/${theirs.connectionId}/keys`,
    status: 404,
  }),
  'POST /connections/:id/keys/rotate': ({ theirs }) => ({
    path: path`/connections/${theirs.connectionId}/keys/rotate`,
    status: 404,
  }),
  'GET /connections-directory-provisionings': () => ({
    path: '/connections-directory-provisionings',
    status: 200,
  }),

  'GET /logs': ({ theirs }) => [
    { path: '/logs?per_page=100&include_totals=true', status: 200 },
    { path: path`/logs?from=${theirs.logId}&take=100`, status: [200, 400, 404] },
    { path: '/logs?from=90020&take=100', status: [200, 400, 404] },
    { path: `/logs?q=${encodeURIComponent(`user_id:"${theirs.userId}"`)}`, status: 200 },
    { path: path`/logs?q=client_id:${theirs.clientId}`, status: 200 },
  ],
  'GET /logs/:id': ({ theirs }) => ({ path: path`/logs/${theirs.logId}`, status: 404 }),

  'GET /log-streams': () => ({ path: '/log-streams', status: 200 }),
  'POST /log-streams': () => ({
    path: '/log-streams',
    body: { type: 'http', sink: { httpEndpoint: 'https://logs.example.test' } },
    status: 200,
  }),
  'GET /log-streams/:id': ({ theirs }) => ({
    path: path`/log-streams/${theirs.logStreamId}`,
    status: 404,
  }),
  'PATCH /log-streams/:id': ({ theirs }) => ({
    path: path`/log-streams/${theirs.logStreamId}`,
    body: { status: 'paused' },
    status: 404,
  }),
  'DELETE /log-streams/:id': ({ theirs }) => ({
    path: path`/log-streams/${theirs.logStreamId}`,
    status: [204, 404],
  }),

  'GET /phone/inbox': ({ theirs }) => [
    { path: '/phone/inbox?take=100', status: 200 },
    { path: path`/phone/inbox?recipient=${theirs.number}`, status: 200 },
    { path: path`/phone/inbox?after=${theirs.inboxId.slice(0, 4)}`, status: 200 },
  ],
  'GET /phone/messages': ({ theirs }) => [
    { path: '/phone/messages?take=100', status: 200 },
    { path: path`/phone/messages?recipient=${theirs.number}`, status: 200 },
    { path: '/phone/messages?provider=twilio', status: 200 },
  ],
  'GET /phone/messages/:id': ({ theirs }) => ({
    path: path`/phone/messages/${theirs.messageId}`,
    status: 404,
  }),

  'GET /branding/phone/providers': () => ({ path: '/branding/phone/providers', status: 200 }),
  'POST /branding/phone/providers': () => ({
    path: '/branding/phone/providers',
    body: {
      name: 'twilio',
      configuration: { sid: 'AC1', default_from: '+15005550006', delivery_methods: ['text'] },
      credentials: { auth_token: 'x' },
    },
    status: 409,
  }),
  'GET /branding/phone/providers/:id': ({ theirs }) => ({
    path: path`/branding/phone/providers/${theirs.providerId}`,
    status: 404,
  }),
  'PATCH /branding/phone/providers/:id': ({ theirs }) => ({
    path: path`/branding/phone/providers/${theirs.providerId}`,
    body: { disabled: true },
    status: 404,
  }),
  'DELETE /branding/phone/providers/:id': ({ theirs }) => ({
    path: path`/branding/phone/providers/${theirs.providerId}`,
    status: [204, 404],
  }),
  'POST /branding/phone/providers/:id/try': ({ theirs }) => ({
    path: path`/branding/phone/providers/${theirs.providerId}/try`,
    body: { to: '+14155550177' },
    status: 404,
  }),

  'GET /branding/phone/templates': () => ({ path: '/branding/phone/templates', status: 200 }),
  'POST /branding/phone/templates': () => ({
    path: '/branding/phone/templates',
    body: { type: 'otp_verify' },
    status: 409,
  }),
  'GET /branding/phone/templates/:id': ({ theirs }) => ({
    path: path`/branding/phone/templates/${theirs.templateId}`,
    status: 404,
  }),
  'PATCH /branding/phone/templates/:id': ({ theirs }) => ({
    path: path`/branding/phone/templates/${theirs.templateId}`,
    body: { disabled: true },
    status: 404,
  }),
  'DELETE /branding/phone/templates/:id': ({ theirs }) => ({
    path: path`/branding/phone/templates/${theirs.templateId}`,
    status: [204, 404],
  }),
  'PATCH /branding/phone/templates/:id/reset': ({ theirs }) => ({
    path: path`/branding/phone/templates/${theirs.templateId}/reset`,
    status: 404,
  }),
  'POST /branding/phone/templates/:id/try': ({ theirs }) => ({
    path: path`/branding/phone/templates/${theirs.templateId}/try`,
    body: { to: '+14155550177' },
    status: 404,
  }),

  'GET /resource-servers': ({ theirs }) => [
    { path: '/resource-servers?include_totals=true', status: 200 },
    { path: path`/resource-servers?identifiers=${theirs.apiIdentifier}`, status: 200 },
  ],
  'POST /resource-servers': () => ({
    path: '/resource-servers',
    body: { identifier: 'https://another.test' },
    status: 201,
  }),
  'GET /resource-servers/:id': ({ theirs }) => [
    { path: path`/resource-servers/${theirs.apiId}`, status: 404 },
    { path: path`/resource-servers/${theirs.apiIdentifier}`, status: 404 },
  ],
  'PATCH /resource-servers/:id': ({ theirs }) => ({
    path: path`/resource-servers/${theirs.apiId}`,
    body: { name: 'Taken' },
    status: 404,
  }),
  'DELETE /resource-servers/:id': ({ theirs }) => [
    { path: path`/resource-servers/${theirs.apiId}`, status: [204, 404] },
    { path: path`/resource-servers/${theirs.apiIdentifier}`, status: [204, 404] },
  ],

  'GET /keys/signing': () => ({ path: '/keys/signing', status: 200 }),
  'GET /keys/signing/:kid': ({ theirs }) => ({
    path: path`/keys/signing/${theirs.signingKeyId}`,
    status: 404,
  }),
  'POST /keys/signing/rotate': () => ({ path: '/keys/signing/rotate', status: 201 }),
  'PUT /keys/signing/:kid/revoke': ({ theirs }) => ({
    path: path`/keys/signing/${theirs.signingKeyId}/revoke`,
    status: 404,
  }),

  'GET /stats/active-users': () => ({ path: '/stats/active-users', status: 200 }),
  'GET /stats/daily': () => ({ path: '/stats/daily', status: 200 }),

  'GET /users': ({ theirs }) => [
    { path: '/users?include_totals=true', status: 200 },
    { path: path`/users?connection=${theirs.connectionName}`, status: 200 },
    { path: `/users?q=${encodeURIComponent(`user_id:"${theirs.userId}"`)}`, status: 200 },
    { path: `/users?q=${encodeURIComponent(`phone_number:"${theirs.number}"`)}`, status: 200 },
  ],
  // The number of B's person is free in A.
  'POST /users': ({ theirs }) => ({
    path: '/users',
    body: { connection: 'sms', phone_number: theirs.number, blocked: true },
    status: 201,
  }),
  'GET /users/:id': ({ theirs }) => ({ path: path`/users/${theirs.userId}`, status: 404 }),
  'PATCH /users/:id': ({ theirs }) => ({
    path: path`/users/${theirs.userId}`,
    body: { blocked: true },
    status: 404,
  }),
  'DELETE /users/:id': ({ theirs }) => ({
    path: path`/users/${theirs.userId}`,
    status: [204, 404],
  }),
  'GET /users/:id/logs': ({ theirs }) => ({
    path: path`/users/${theirs.userId}/logs?include_totals=true`,
    status: [200, 404],
  }),
  'GET /users/:id/authentication-methods': ({ theirs }) => ({
    path: path`/users/${theirs.userId}/authentication-methods`,
    status: 404,
  }),
  'POST /users/:id/authentication-methods': ({ theirs }) => ({
    path: path`/users/${theirs.userId}/authentication-methods`,
    body: { type: 'totp' },
    status: 404,
  }),
  'PUT /users/:id/authentication-methods': ({ theirs }) => ({
    path: path`/users/${theirs.userId}/authentication-methods`,
    body: [],
    status: 404,
  }),
  'DELETE /users/:id/authentication-methods': ({ theirs }) => ({
    path: path`/users/${theirs.userId}/authentication-methods`,
    status: 404,
  }),
  'GET /users/:id/authentication-methods/:methodId': otherMethod(),
  'PATCH /users/:id/authentication-methods/:methodId': otherMethod({ name: 'Taken' }),
  'DELETE /users/:id/authentication-methods/:methodId': otherMethod(),
  ...guardianCases(),
  'GET /phone/experience': () => ({ path: '/phone/experience', status: 200 }),
  'GET /guardian/enrollments/:id': ({ theirs }) => ({
    path: path`/guardian/enrollments/${theirs.enrollmentId}`,
    status: 404,
  }),
  'DELETE /guardian/enrollments/:id': ({ theirs }) => ({
    path: path`/guardian/enrollments/${theirs.enrollmentId}`,
    status: 404,
  }),
  'POST /guardian/enrollments/ticket': ({ theirs }) => ({
    path: '/guardian/enrollments/ticket',
    body: { user_id: theirs.userId },
    status: 404,
  }),
  ...Object.fromEntries(
    [
      'GET /users/:id/enrollments',
      'DELETE /users/:id/authenticators',
      'POST /users/:id/multifactor/actions/invalidate-remember-browser',
      'POST /users/:id/recovery-code-regeneration',
      'GET /users/:id/refresh-tokens',
      'DELETE /users/:id/refresh-tokens',
      'GET /users/:id/sessions',
      'DELETE /users/:id/sessions',
      'GET /users/:id/roles',
      'GET /users/:id/permissions',
      'GET /users/:id/organizations',
      'GET /user-blocks/:id',
      'DELETE /user-blocks/:id',
    ].map((key): [string, Case] => [
      key,
      ({ theirs }) => ({
        path: (key.split(' ')[1] ?? '').replace(':id', encodeURIComponent(theirs.userId)),
        status: 404,
      }),
    ]),
  ),
  'DELETE /users/:id/multifactor/:provider': ({ theirs }) => ({
    path: path`/users/${theirs.userId}/multifactor/google-authenticator`,
    status: 404,
  }),
  'GET /user-blocks': ({ theirs }) => ({
    path: path`/user-blocks?identifier=${theirs.number}`,
    status: 200,
  }),
  'DELETE /user-blocks': ({ theirs }) => ({
    path: path`/user-blocks?identifier=${theirs.number}`,
    status: 204,
  }),
  // An address is no secret of a tenant; what one tenant counted of it is.
  'GET /anomaly/blocks/ips/:ip': () => ({ path: '/anomaly/blocks/ips/127.0.0.1', status: 404 }),
  'DELETE /anomaly/blocks/ips/:ip': () => ({ path: '/anomaly/blocks/ips/127.0.0.1', status: 204 }),
  'GET /users-by-email': ({ other }) => ({
    path: path`/users-by-email?email=${`person@${other.tenant.name}.test`}`,
    status: 200,
  }),
}

/** B's factor under B's person, and under A's. */
/** Settings of Guardian: a tenant's own, and the older ones closed. */
function guardianCases(): Record<string, Case> {
  const open: Record<string, unknown> = {
    '/guardian/factors/phone/message-types': { message_types: ['sms'] },
    '/guardian/factors/push-notification/providers/sns': { aws_region: 'eu-central-1' },
    '/guardian/factors/push-notification/selected-provider': { provider: 'guardian' },
    '/guardian/factors/duo/settings': { host: 'api.example' },
    '/guardian/factors/webauthn-roaming/settings': { userVerification: 'preferred' },
    '/guardian/factors/webauthn-platform/settings': { userVerification: 'preferred' },
    // None: the credentials of the end must need no second factor.
    '/guardian/policies': [],
  }
  const closed: Record<string, unknown> = {
    'selected-provider': { provider: 'twilio' },
    'providers/twilio': { sid: 'AC1' },
    templates: { enrollment_message: '{{ code }}', verification_message: '{{ code }}' },
  }
  const cases: Record<string, Case> = {
    'GET /guardian/factors': () => ({ path: '/guardian/factors', status: 200 }),
    'PUT /guardian/factors/:name': () => ({
      ...{ path: '/guardian/factors/otp', body: { enabled: true }, status: 200 },
    }),
  }
  const add = (path: string, body: unknown, status: number) => {
    cases[`GET ${path}`] = () => ({ path, status })
    cases[`PUT ${path}`] = () => ({ path, body: body as object, status })
  }
  for (const [path, body] of Object.entries(open)) add(path, body, 200)
  for (const family of ['phone', 'sms']) {
    for (const [name, body] of Object.entries(closed)) {
      add(`/guardian/factors/${family}/${name}`, body, 403)
    }
  }
  return cases
}

function otherMethod(body?: object): Case {
  return ({ mine, theirs }) =>
    [theirs.userId, mine.userId].map((userId) => ({
      path: path`/users/${userId}/authentication-methods/${theirs.methodId}`,
      ...(body !== undefined && { body }),
      status: 404,
    }))
}

/** Settings that a tenant has once: read and changed, and only its own. */
function singletons(bodies: Record<string, object>): Record<string, Case> {
  return Object.fromEntries(
    Object.entries(bodies).flatMap(([url, body]): [string, Case][] => [
      [`GET ${url}`, () => ({ path: url, status: 200 })],
      [`PATCH ${url}`, () => ({ path: url, body, status: 200 })],
    ]),
  )
}

/** Sections that no tenant has anything in. */
function empty(status: number, urls: string): Record<string, Case> {
  return Object.fromEntries(
    urls.split(' ').map((url) => [`GET ${url}`, () => ({ path: url.replace(':', ''), status })]),
  )
}

/** The other surfaces: credentials of A on the host of B, and ids of B on the host of A. */
const openCases: Record<string, Case> = {
  'POST /oauth/token': ({ server, mine, theirs }) => [
    ...[
      {
        client_id: mine.clientId,
        client_secret: mine.clientSecret,
        audience: theirs.apiIdentifier,
      },
      { client_id: mine.clientId, client_secret: mine.clientSecret, audience: mine.apiIdentifier },
      {
        client_id: server.admin.clientId,
        client_secret: server.admin.clientSecret,
        audience: `${server.tenant.url}/api/v2/`,
      },
    ].map((client) => ({
      path: '/oauth/token',
      body: { grant_type: 'client_credentials', ...client },
      host: 'theirs' as const,
      status: 401,
    })),
    {
      path: '/oauth/token',
      body: { grant_type: 'client_credentials', audience: theirs.apiIdentifier },
      headers: basic(mine),
      host: 'theirs',
      status: 401,
    },
    {
      path: '/oauth/token',
      body: {
        grant_type: 'client_credentials',
        client_id: mine.clientId,
        client_secret: mine.clientSecret,
        audience: theirs.apiIdentifier,
      },
      status: [400, 403],
    },
    {
      path: '/oauth/token',
      body: { grant_type: 'refresh_token', client_id: 'demo', refresh_token: mine.refreshToken },
      host: 'theirs',
      status: 403,
    },
    // A code of B's login on A, and A's on B.
    { path: '/oauth/token', body: codeExchange(theirs), status: 403 },
    { path: '/oauth/token', body: codeExchange(mine), host: 'theirs', status: 403 },
    // A's code on B: nobody has asked for one of this number there.
    {
      path: '/oauth/token',
      body: { ...exchange(mine.number, mine.code), client_id: 'demo' },
      host: 'theirs',
      status: 403,
    },
    // B's code on A.
    {
      path: '/oauth/token',
      body: { ...exchange(theirs.number, theirs.code), client_id: 'demo' },
      status: 403,
    },
  ],
  'POST /passwordless/start': ({ mine, theirs }) => [
    {
      path: '/passwordless/start',
      body: {
        client_id: mine.clientId,
        client_secret: mine.clientSecret,
        connection: 'sms',
        phone_number: theirs.number,
      },
      host: 'theirs',
      status: 401,
    },
    {
      path: '/passwordless/start',
      body: {
        client_id: theirs.clientId,
        client_secret: theirs.clientSecret,
        connection: 'sms',
        phone_number: mine.number,
      },
      status: 401,
    },
  ],
  // A's code on B, and B's on A.
  'POST /passwordless/verify': ({ mine, theirs }) => [
    { path: '/passwordless/verify', body: shownCode(mine), host: 'theirs', status: 401 },
    { path: '/passwordless/verify', body: shownCode(theirs), status: 401 },
  ],
  'POST /co/authenticate': ({ mine, theirs }) => ({
    path: '/co/authenticate',
    body: {
      client_id: mine.clientId,
      credential_type: 'http://auth0.com/oauth/grant-type/passwordless/otp',
      username: theirs.number,
      otp: '000000',
      realm: 'sms',
    },
    host: 'theirs',
    status: 401,
  }),
  'GET /passwordless/status': ({ mine, theirs }) => [
    { path: `/passwordless/status?id=${theirs.startId}`, status: 404 },
    { path: `/passwordless/status?id=${mine.startId}`, host: 'theirs', status: 404 },
  ],
  'POST /mfa/challenge': ({ mine, theirs }) => ({
    path: '/mfa/challenge',
    body: {
      client_id: mine.clientId,
      client_secret: mine.clientSecret,
      mfa_token: theirs.mfaToken,
    },
    status: 403,
  }),
  'POST /mfa/associate': ({ mine, theirs }) => [
    otherMfa('/mfa/associate', theirs.mfaToken, 403, { authenticator_types: ['otp'] }),
    otherMfa('/mfa/associate', theirs.accessToken, 403, { authenticator_types: ['otp'] }),
    {
      ...otherMfa('/mfa/associate', mine.mfaToken, 403, { authenticator_types: ['otp'] }),
      host: 'theirs',
    },
  ],
  'GET /mfa/authenticators': ({ mine, theirs }) => [
    otherMfa('/mfa/authenticators', theirs.mfaToken, 403),
    { ...otherMfa('/mfa/authenticators', mine.mfaToken, 403), host: 'theirs' },
  ],
  'DELETE /mfa/authenticators/:id': ({ theirs }) =>
    otherMfa(path`/mfa/authenticators/${theirs.methodId}`, theirs.mfaToken, 403),
  'GET /userinfo': ({ mine, theirs }) => [
    { path: '/userinfo', headers: bearer(mine.accessToken), host: 'theirs', status: 401 },
    { path: '/userinfo', headers: bearer(theirs.accessToken), status: 401 },
  ],
  'POST /userinfo': ({ mine }) => ({
    path: '/userinfo',
    headers: bearer(mine.accessToken),
    host: 'theirs',
    status: 401,
  }),
  // RFC 7009: a token that is not there is as good as revoked; that A's still works is asked below.
  'POST /oauth/revoke': ({ mine, theirs }) => [
    {
      path: '/oauth/revoke',
      body: { client_id: 'demo', token: mine.refreshToken },
      host: 'theirs',
      status: 200,
    },
    { path: '/oauth/revoke', body: { client_id: 'demo', token: theirs.refreshToken }, status: 200 },
    {
      path: '/oauth/revoke',
      body: {
        client_id: mine.clientId,
        client_secret: mine.clientSecret,
        token: theirs.refreshToken,
      },
      host: 'theirs',
      status: 401,
    },
  ],
  'GET /.well-known/openid-configuration': () => ({
    path: '/.well-known/openid-configuration',
    status: 200,
  }),
  'GET /.well-known/oauth-authorization-server': () => ({
    path: '/.well-known/oauth-authorization-server',
    status: 200,
  }),
  'GET /.well-known/jwks.json': () => ({ path: '/.well-known/jwks.json', status: 200 }),
  'POST /callbacks/twilio/messages/:id': callbackCase('messages', {
    MessageSid: 'SM00000000000000000000000000000009',
    MessageStatus: 'failed',
  }),
  'POST /callbacks/twilio/calls/:id': callbackCase('calls', {
    CallSid: 'CA00000000000000000000000000000009',
    CallStatus: 'busy',
  }),
  'GET /authorize': unknownApplication('/authorize'),
  'POST /authorize': unknownApplication('/authorize'),
  'GET /passwordless/verify_redirect': unknownApplication('/passwordless/verify_redirect'),
  'GET /passwordless/verify-redirect': unknownApplication('/passwordless/verify-redirect'),
  'GET /authorize/:uid': ({ theirs }) => ({
    path: `/authorize/${theirs.loginState}`,
    headers: { cookie: `auth0_r=${theirs.loginState}` },
    status: 400,
  }),
  'GET /mfa/enrollment': ({ mine, theirs }) => [
    { path: `/mfa/enrollment?ticket=${theirs.ticketId}`, status: 400 },
    { path: `/mfa/enrollment?ticket=${mine.ticketId}`, host: 'theirs', status: 400 },
  ],
  'GET /u/assets/:version/:name': () => ({ path: '/u/assets/any/login.css', status: 200 }),
  'GET /u/phone-formats/:country': () => ({ path: '/u/phone-formats/DE', status: 200 }),
  'GET /u/theme/:version': () => ({ path: '/u/theme/any.css', status: 200 }),
  'GET /v2/logout': ({ theirs }) => ({
    path: `/v2/logout?client_id=${theirs.clientId}&returnTo=${encodeURIComponent('https://a.test/')}`,
    status: 400,
  }),
  'GET /oidc/logout': ({ theirs }) => ({
    path: `/oidc/logout?client_id=${theirs.clientId}`,
    status: 400,
  }),
  'POST /oidc/logout': ({ theirs }) => ({
    path: '/oidc/logout',
    body: new URLSearchParams({ client_id: theirs.clientId }),
    status: 400,
  }),
  'GET /inbox': () => ({ path: '/inbox', status: 403 }),
  'GET /inbox/messages': () => ({ path: '/inbox/messages', status: 403 }),
  ...Object.fromEntries(
    [
      '/',
      '/api/v2/docs',
      '/api/v2/openapi.json',
      '/demo',
      '/livez',
      '/readyz',
      '/metrics',
      '/assets/avatar.svg',
    ].map((url) => [`GET ${url}`, (): Attempt => ({ path: url, status: 200 })]),
  ),
}

function unknownApplication(path: string): (world: World) => readonly Attempt[] {
  const url = (clientId: string) =>
    `${path}?client_id=${clientId}&response_type=code&redirect_uri=https%3A%2F%2Fapp.test%2F`
  return ({ mine, theirs }) => [
    { path: url(theirs.clientId), status: 400 },
    { path: url(mine.clientId), host: 'theirs', status: 400 },
  ]
}

/** Every page of a login: B's `state` and cookie on A's host, and A's on B's. */
function otherLogin({ mine, theirs }: World, method: string, url: string): readonly Attempt[] {
  const attempt = ({ loginState, loginBrowser }: Furniture): Attempt => ({
    path: `${url}?state=${loginState}`,
    headers: { cookie: `__Host-auth0_b=${loginBrowser}; auth0_b=${loginBrowser}` },
    status: [400, 404],
    ...(method === 'POST' && {
      body: new URLSearchParams({ state: loginState, code: '123456', action: 'default' }),
    }),
  })
  return [attempt(theirs), { ...attempt(mine), host: 'theirs' }]
}

const codeExchange = ({ authorizationCode }: Furniture) => ({
  ...{ grant_type: 'authorization_code', client_id: 'demo', code: authorizationCode },
})
const otherMfa = (url: string, token: string, status: number, body?: object): Attempt => ({
  path: url,
  headers: bearer(token),
  status,
  ...(body !== undefined && { body }),
})
const exchange = (username: string, otp: string) => ({
  grant_type: passwordlessOtpGrant,
  username,
  otp,
  realm: 'sms',
})
const shownCode = ({ number, code }: Furniture) => ({
  ...{ client_id: 'demo', connection: 'sms', phone_number: number, verification_code: code },
})
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const basic = ({ clientId, clientSecret }: Furniture) => ({
  authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
})

/** Reports that A's auth token signs: for B's message on A's host, and for it on B's own. */
function callbackCase(kind: 'messages' | 'calls', report: Record<string, string>): Case {
  return ({ server, other, mine, theirs }) =>
    (['mine', 'theirs'] as const).map((host) => {
      const url = `/callbacks/twilio/${kind}/${theirs.messageId}`
      const parameters = Object.entries(report)
        .sort()
        .flatMap(([name, value]) => name + value)
        .join('')
      const { tenant } = host === 'mine' ? server : other
      return {
        path: url,
        body: new URLSearchParams(report),
        headers: {
          'x-twilio-signature': createHmac('sha1', mine.authToken)
            .update(tenant.url + url + parameters)
            .digest('base64'),
        },
        host,
        status: host === 'mine' ? 404 : 403,
      }
    })
}

/** Everything that only B may see. */
const marksOf = ({ other, theirs }: World): string[] => {
  const { connectionName: _, code: __, ...own } = theirs
  return [...Object.values(own), other.tenant.name, other.admin.clientId, other.admin.clientSecret]
}

/** B's marks in an answer that the request itself did not hold. */
function leaked(world: World, attempt: Attempt, answer: string): string[] {
  const asked = decodeURIComponent(attempt.path) + bodyText(attempt) + attempt.path
  return marksOf(world).filter((mark) => answer.includes(mark) && !asked.includes(mark))
}

const bodyText = ({ body }: Attempt): string =>
  body instanceof URLSearchParams ? body.toString() : JSON.stringify(body ?? '')

/** What strangers may leave behind on a host: counters, and entries about their refused requests. */
const counted = new Set(['limit_buckets', 'tenant_logs', 'challenges'])

function assertUnchanged(before: TenantDump, after: TenantDump, ignored: ReadonlySet<string>) {
  for (const [table, rows] of Object.entries(before)) {
    if (!ignored.has(table)) assert.deepEqual(after[table], rows, `table ${table}`)
  }
}

const expected = ({ status }: Attempt): readonly number[] =>
  typeof status === 'number' ? [status] : status

type Prepared = { world: World; routes: ServedRoute[] }
type Step = { name: string; run: (prepared: Prepared) => Promise<void> }
const steps: Step[] = []
const step = (name: string, run: Step['run']) => steps.push({ name, run })

test('two tenants of one process know nothing of each other', async (t) => {
  const prepared = await prepare()
  for (const { name, run } of steps) await t.test(name, () => run(prepared))
})

async function prepare(): Promise<Prepared> {
  const { built: server, routes } = await collectRoutes(() => testServer({ callbacks: true }))
  // The same database and master key: a neighbour in everything but the tenant.
  const other = await testServer({ callbacks: true, clock: server.clock })
  const mine = await furnish(server, '+14155550137')
  const theirs = await furnish(other, '+14155550199')
  for (const { tenant } of [server, other]) {
    // Stands only for as long as users are being removed.
    await insertConnectionDeletion(server.app.deps.db, {
      tenant_id: tenant.name,
      name: `gone-${tenant.name}`,
      deleted_at: server.clock.now(),
    })
  }
  return { world: { server, other, mine, theirs }, routes }
}

function ask({ server, other }: World, method: string, attempt: Attempt, prefix = '') {
  const { tenant } = attempt.host === 'theirs' ? other : server
  const form = attempt.body instanceof URLSearchParams
  return server.request(method, prefix + attempt.path, form ? bodyText(attempt) : attempt.body, {
    host: tenant.host,
    ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
    ...attempt.headers,
  })
}

step(
  'a tenant of this test has rows in every table, so that no table is left out',
  async ({ world }) => {
    const dump = await dumpTenant(world.server.app.deps.db, world.other.tenant.name)

    const empty = Object.entries(dump).filter(([, rows]) => rows.length === 0)
    assert.deepEqual(
      empty.map(([table]) => table),
      [],
    )
  },
)

step(
  'no route of the Management API reaches a row of another tenant by token, id or host',
  async ({ world, routes }) => {
    const { server, other, mine, theirs } = world
    const db = server.app.deps.db
    const before = await dumpTenant(db, other.tenant.name)
    const isWrite = ({ method }: ServedRoute) => Number(method !== 'GET' && method !== 'HEAD')
    // Reads first: A's log tells of A's own writes, with the ids that it sent.
    const management = routes
      .filter(({ scopes }) => scopes !== undefined)
      .sort((one, other) => isWrite(one) - isWrite(other))
    const failures: string[] = []

    for (const { method, url } of management) {
      const key = `${method === 'HEAD' ? 'GET' : method} ${url.slice('/api/v2'.length)}`
      const attempts = [managementCases[key]?.(world) ?? []].flat()
      assert.ok(attempts.length > 0, `a route without a case in this test: ${key}`)
      for (const attempt of attempts) {
        const authorization = `Bearer ${mine.adminToken}`
        const mask = {
          'x-forwarded-host': other.tenant.host,
          forwarded: `host=${other.tenant.host}`,
        }

        const onTheirs = await ask(
          world,
          method,
          { ...attempt, host: 'theirs', headers: { authorization } },
          '/api/v2',
        )
        const asPerson = await ask(
          world,
          method,
          { ...attempt, headers: bearer(mine.accessToken) },
          '/api/v2',
        )
        const onMine = await ask(
          world,
          method,
          { ...attempt, headers: { authorization, ...mask } },
          '/api/v2',
        )

        const label = `${method} ${attempt.path}`
        if (onTheirs.status !== 401) failures.push(`${label}: ${onTheirs.status} on their host`)
        if (asPerson.status !== 401) failures.push(`${label}: ${asPerson.status} for a person`)
        if (!expected(attempt).includes(onMine.status))
          failures.push(`${label}: ${onMine.status} ${onMine.text.slice(0, 200)}`)
        for (const answer of [onTheirs, asPerson, onMine]) {
          const told = answer.text + JSON.stringify(answer.headers)
          for (const mark of leaked(world, attempt, told)) failures.push(`${label}: told ${mark}`)
        }
      }
      await server.settle()
      assertUnchanged(before, await dumpTenant(db, other.tenant.name), new Set())
    }
    assert.deepEqual(failures, [])
    // The walk has not only met refusals: the same requests work on rows of one's own.
    const own = await server.manage('GET', path`/users/${mine.userId}`)
    assert.equal(own.status, 200)
    assert.equal((await other.manage('GET', path`/users/${theirs.userId}`)).status, 200)
  },
)

step(
  'no other route takes a credential, a code, a token or an id of another tenant',
  async ({ world, routes }) => {
    const { server, other } = world
    const db = server.app.deps.db
    const beforeMine = await dumpTenant(db, server.tenant.name)
    const beforeTheirs = await dumpTenant(db, other.tenant.name)
    const failures: string[] = []

    const others = routes.filter(({ scopes }) => scopes === undefined)
    const known = new Set(others.map(({ url }) => url))
    for (const { method, url } of others) {
      if (url.startsWith('/assets/pages/')) continue // files of the program, the same for everybody
      const key = `${method === 'HEAD' ? 'GET' : method} ${url}`
      const page = url.startsWith('/u/') ? otherLogin(world, method, url) : undefined
      const attempts = [openCases[key]?.(world) ?? page ?? wrongMethod(method, url, known)].flat()
      for (const attempt of attempts) {
        const answer = await ask(world, method, attempt)
        await server.settle()

        const label = `${method} ${attempt.path} on ${attempt.host ?? 'mine'}`
        if (!expected(attempt).includes(answer.status))
          failures.push(`${label}: ${answer.status} ${answer.text.slice(0, 200)}`)
        if (attempt.host !== 'theirs') {
          const told = answer.text + JSON.stringify(answer.headers)
          for (const mark of leaked(world, attempt, told)) failures.push(`${label}: told ${mark}`)
        }
        assert.equal(Object.hasOwn(Object(answer.body), 'access_token'), false, label)
      }
    }
    assertUnchanged(beforeMine, await dumpTenant(db, server.tenant.name), counted)
    assertUnchanged(beforeTheirs, await dumpTenant(db, other.tenant.name), counted)
    assert.deepEqual(failures, [])
  },
)

/** The Authentication API answers other methods on its paths itself; everything else needs a case. */
function wrongMethod(method: string, url: string, known: ReadonlySet<string>): Attempt {
  const hasCase = Object.keys(openCases).some((key) => key.endsWith(` ${url}`))
  assert.ok(hasCase && known.has(url), `a route without a case in this test: ${method} ${url}`)
  return { path: url, status: method === 'OPTIONS' ? 204 : 405 }
}

step('what was tried on the other host left every credential good at home', async ({ world }) => {
  const { server, other, mine, theirs } = world

  for (const [home, own] of [
    [server, mine],
    [other, theirs],
  ] as const) {
    const refreshed = await home.post('/oauth/token', {
      grant_type: 'refresh_token',
      client_id: 'demo',
      refresh_token: own.refreshToken,
    })
    const signedIn = await home.post('/oauth/token', {
      ...exchange(own.number, own.code),
      client_id: 'demo',
    })
    const person = await home.get('/userinfo', bearer(own.accessToken))

    assert.equal(refreshed.status, 200, refreshed.text)
    assert.equal(signedIn.status, 200, signedIn.text)
    assert.equal(person.status, 200, person.text)
    assert.equal(person.body.sub, own.userId)
  }
})

step(
  'the documents and keys of a tenant name its own host and no key of another',
  async ({ world }) => {
    const kids = async ({ tenant }: TestServer) => {
      const { body } = await world.server.get('/.well-known/jwks.json', { host: tenant.host })
      return body.keys.map(({ kid }: { kid: string }) => kid)
    }

    const mine = await kids(world.server)
    const theirs = await kids(world.other)
    const { body } = await world.server.get('/.well-known/openid-configuration', {
      host: world.other.tenant.host,
      'x-forwarded-host': world.server.tenant.host,
    })

    assert.ok(mine.length > 0 && theirs.length > 0)
    assert.deepEqual(
      mine.filter((kid: string) => theirs.includes(kid)),
      [],
    )
    assert.equal(body.issuer, `${world.other.tenant.url}/`)
    assert.equal(JSON.stringify(body).includes(world.server.tenant.host), false)
  },
)

test('in production a host that no tenant has is 404 on every route, whatever is sent', async () => {
  const { built: server, routes } = await collectRoutes(() => testServer({ production: true }))
  const { body } = await server.post('/oauth/token', {
    grant_type: 'client_credentials',
    client_id: server.admin.clientId,
    client_secret: server.admin.clientSecret,
    audience: `${server.tenant.url}/api/v2/`,
  })
  const anyHost = new Set(['/livez', '/readyz', '/metrics'])

  const answers = []
  for (const { method, url } of routes) {
    if (anyHost.has(url)) continue
    const { status } = await server.request(method, url.replace(':id', '1'), undefined, {
      host: 'nobody.example.test',
      authorization: `Bearer ${body.access_token}`,
    })
    if (status !== 404) answers.push(`${method} ${url}: ${status}`)
  }

  assert.deepEqual(answers, [])
})
