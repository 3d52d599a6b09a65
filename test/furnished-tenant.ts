import { createHash } from 'node:crypto'
import { tokenHash } from '../src/base/secret-box.ts'
import { passwordlessOtpGrant } from '../src/contract/passwordless.ts'
import { insertLogin } from '../src/store/logins.ts'
import { insertMfaTransaction } from '../src/store/mfa-transactions.ts'
import { putOidcRecord } from '../src/store/oidc-records.ts'
import { takePhoneBackoff } from '../src/store/phone-backoffs.ts'
import { sql } from '../src/store/sql.ts'
import { foldDailyStats } from '../src/store/stats.ts'
import type { TestServer } from './harness.ts'
import { storeExecution } from './stored-execution.ts'

/** What stands in a tenant that has at least one row of every kind. */
export type Furniture = {
  clientId: string
  clientSecret: string
  connectionId: string
  connectionName: string
  userId: string
  number: string
  /** Of a login of `number` through the client `demo`. */
  accessToken: string
  refreshToken: string
  providerId: string
  authToken: string
  templateId: string
  /** `ntf_…`, handed to the carrier. */
  messageId: string
  /** `_id` of the start of that message. */
  startId: string
  /** The code that it carries; nobody has used it. */
  code: string
  inboxId: string
  logId: string
  /** `lst_…`; nothing listens where it sends. */
  logStreamId: string
  logStreamSecret: string
  signingKeyId: string
  themeId: string
  /** `dev_…`, the person's phone as a second factor. */
  enrollmentId: string
  /** `totp|dev_…`, an authenticator app of the same person. */
  methodId: string
  ticketId: string
  /** Stands for a sign-in of that person that waits for a factor. */
  mfaToken: string
  /** A login on the pages of that person: its `state`, and the cookie of its browser. */
  loginState: string
  loginBrowser: string
  /** A code of that person's login at `demo`; nobody has exchanged it. */
  authorizationCode: string
  actionId: string
  actionVersionId: string
  bindingId: string
  executionId: string
  apiId: string
  apiIdentifier: string
  apiSecret: string
  grantId: string
  adminToken: string
}

/** A theme with all that it needs. */
export const brandingTheme = {
  borders: {
    ...{ button_border_radius: 3, button_border_weight: 1, buttons_style: 'rounded' },
    ...{ input_border_radius: 3, input_border_weight: 1, inputs_style: 'rounded' },
    ...{ show_widget_shadow: true, widget_border_weight: 0, widget_corner_radius: 5 },
  },
  colors: {
    ...{ body_text: '#1e212a', error: '#d03c38', header: '#1e212a', icons: '#65676e' },
    ...{ input_background: '#fff', input_border: '#c9cace', input_filled_text: '#000000' },
    ...{ input_labels_placeholders: '#65676e', links_focused_components: '#635dff' },
    ...{ primary_button: '#635dff', primary_button_label: '#ffffff', success: '#13a688' },
    ...{ secondary_button_border: '#c9cace', secondary_button_label: '#1e212a' },
    ...{ widget_background: '#ffffff', widget_border: '#c9cace' },
  },
  displayName: 'Night',
  fonts: {
    ...{ body_text: { bold: false, size: 87.5 }, buttons_text: { bold: false, size: 100 } },
    ...{
      font_url: '',
      input_labels: { bold: false, size: 100 },
      links: { bold: true, size: 87.5 },
    },
    ...{ links_style: 'normal', reference_text_size: 16 },
    ...{ subtitle: { bold: false, size: 87.5 }, title: { bold: false, size: 150 } },
  },
  identifiers: {
    login_display: 'unified',
    otp_autocomplete: true,
    phone_display: { formatting: 'regional', masking: 'mask_digits' },
  },
  page_background: {
    ...{ background_color: '#000000', background_image_url: '', page_layout: 'center' },
  },
  widget: {
    ...{ header_text_alignment: 'center', logo_height: 52, logo_position: 'center' },
    ...{ logo_url: '', social_buttons_layout: 'bottom' },
  },
}

/**
 * Fills a tenant through its own API, so that every table but `connection_deletions` has a row of it: a login through the inbox,
 * then a provider with a message whose code is still good.
 *
 * @param server made with the default provider, `none`
 */
export async function furnish(server: TestServer, number: string): Promise<Furniture> {
  const { name, url } = server.tenant
  const manage = async (method: string, path: string, body?: unknown) => {
    const answer = await server.manage(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    return answer.body
  }
  const start = { client_id: 'demo', connection: 'sms', phone_number: number }
  const [connection] = await manage('GET', '/connections?name=sms')

  await server.post('/passwordless/start', start)
  const [inboxMessage] = (await manage('GET', '/phone/inbox?take=1')).messages
  const { body: tokens } = await server.post('/oauth/token', {
    grant_type: passwordlessOtpGrant,
    client_id: 'demo',
    username: number,
    otp: inboxMessage.code,
    realm: 'sms',
    scope: 'openid profile phone offline_access',
  })
  const [user] = await manage('GET', '/users')
  await manage('PATCH', `/users/${encodeURIComponent(user.user_id)}`, {
    user_metadata: { note: `note of ${name}` },
  })

  const apiIdentifier = `https://api.${name}.test`
  const apiSecret = `signing-secret-of-${name}`
  const api = await manage('POST', '/resource-servers', {
    name: `API of ${name}`,
    identifier: apiIdentifier,
    scopes: [{ value: 'read:all' }],
    signing_alg: 'HS256',
    signing_secret: apiSecret,
  })
  const client = await manage('POST', '/clients', {
    name: `App of ${name}`,
    app_type: 'regular_web',
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['client_credentials', 'refresh_token', passwordlessOtpGrant],
  })
  const grant = await manage('POST', '/client-grants', {
    client_id: client.client_id,
    audience: apiIdentifier,
    scope: ['read:all'],
  })
  await manage('PATCH', `/connections/${connection.id}/clients`, [
    { client_id: client.client_id, status: true },
  ])

  await manage('PATCH', '/tenants/settings', { flags: { allow_legacy_ro_grant_types: true } })

  const { id: actionId } = await manage('POST', '/actions/actions', {
    name: `Action of ${name}`,
    supported_triggers: [{ id: 'custom-phone-provider', version: 'v1' }],
    code: 'exports.onExecuteCustomPhoneProvider = async () => {}',
    secrets: [{ name: 'KEY', value: `action-secret-of-${name}` }],
  })
  await server.settle()
  const version = await manage('POST', `/actions/actions/${actionId}/deploy`)
  const executionId = `execution-of-${name}`
  // Nothing runs through this Action: the provider is another one.
  await storeExecution(server.app.deps.db, { tenant_id: name, id: executionId })
  const { bindings } = await manage('GET', '/actions/triggers/custom-phone-provider/bindings')

  const authToken = createHash('sha256').update(name).digest('hex').slice(0, 32)
  const provider = await manage('POST', '/branding/phone/providers', {
    name: 'twilio',
    configuration: {
      sid: 'AC00000000000000000000000000000001',
      default_from: '+15005550006',
      delivery_methods: ['text', 'voice'],
    },
    credentials: { auth_token: authToken },
  })
  const template = await manage('POST', '/branding/phone/templates', {
    type: 'otp_verify',
    content: { body: { text: `{{ code }} is the code of ${name}`, voice: '{{ code }}' } },
  })
  const { body: started } = await server.post('/passwordless/start', start)
  const code = /[0-9]{6}/.exec(server.carrier.requests.at(-1)?.form.get('Body') ?? '')?.[0] ?? ''
  const [message] = (await manage('GET', '/phone/messages?take=1')).messages
  const [log] = await manage('GET', '/logs?per_page=1')
  await manage('PATCH', '/branding', { logo_url: `https://${name}.test/logo.png` })
  const theme = await manage('POST', '/branding/themes', brandingTheme)
  await manage('PUT', '/prompts/login/custom-text/en', { login: { title: `Welcome to ${name}` } })
  const [signingKey] = await manage('GET', '/keys/signing')
  // Left from a time when the tenant's protection was of that type.
  await takePhoneBackoff(server.app.deps.db, name, Buffer.from(number), 1)
  await foldDailyStats(server.app.deps.db, name)
  const logStreamSecret = `log-stream-secret-of-${name}`
  const logStream = await manage('POST', '/log-streams', {
    type: 'http',
    sink: { httpEndpoint: `https://logs.${name}.test`, httpAuthorization: logStreamSecret },
  })
  const person = `/users/${encodeURIComponent(user.user_id)}`
  const phone = await manage('POST', `${person}/authentication-methods`, {
    type: 'phone',
    phone_number: number,
  })
  const app = await manage('POST', `${person}/authentication-methods`, { type: 'totp' })
  const ticket = await manage('POST', '/guardian/enrollments/ticket', { user_id: user.user_id })
  const mfaToken = createHash('sha256').update(`mfa of ${name}`).digest('base64url')
  await furnishSecondFactor(server, user.user_id, mfaToken)
  const browserLogin = await furnishBrowser(server, user.user_id)
  await manage('POST', '/connections', { name: `people-of-${name}`, strategy: 'auth0' })
  await manage('POST', '/users', {
    connection: `people-of-${name}`,
    email: `ada@${name}.test`,
    password: `Password-of-${name}`,
  })
  const { body: admin } = await server.post('/oauth/token', {
    grant_type: 'client_credentials',
    client_id: server.admin.clientId,
    client_secret: server.admin.clientSecret,
    audience: `${url}/api/v2/`,
  })
  return {
    clientId: client.client_id,
    clientSecret: client.client_secret,
    connectionId: connection.id,
    connectionName: connection.name,
    userId: user.user_id,
    number,
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    providerId: provider.id,
    authToken,
    templateId: template.id,
    messageId: message.id,
    startId: started._id,
    code,
    inboxId: inboxMessage.id,
    logId: log.log_id,
    logStreamId: logStream.id,
    logStreamSecret,
    signingKeyId: signingKey.kid,
    themeId: theme.themeId,
    enrollmentId: phone.id.split('|')[1],
    methodId: app.id,
    ticketId: ticket.ticket_id,
    mfaToken,
    ...browserLogin,
    actionId,
    actionVersionId: version.id,
    executionId,
    bindingId: bindings[0].id,
    apiId: api.id,
    apiIdentifier,
    apiSecret,
    grantId: grant.id,
    adminToken: admin.access_token,
  }
}

/** What a browser leaves: a login on the pages, a session and a code. */
async function furnishBrowser(
  { app, tenant }: TestServer,
  userId: string,
): Promise<Pick<Furniture, 'loginState' | 'loginBrowser' | 'authorizationCode'>> {
  const { db } = app.deps
  const [loginState, loginBrowser, authorizationCode, session] = [
    ...['state', 'browser', 'code', 'session'].map((kind) => `${kind}-of-${tenant.name}`),
  ] as [string, string, string, string]
  const now = app.deps.clock.now()
  const request = {
    ...{ scopes: ['openid'], audience: null, responseType: 'code', connection: null },
    ...{ wantsSecondFactor: false, wantsAuthTime: false, locales: null, loginHint: null },
    ...{ screenHint: null, extra: {}, redirectUri: 'https://app.test/', refusal: null },
  }
  await insertLogin(db, {
    ...{ tenant_id: tenant.name, state_hash: tokenHash(loginState), client_id: 'demo', request },
    ...{ browser_hash: tokenHash(loginBrowser), user_id: userId, connection: 'sms', steps: {} },
    ...{ created_at: now, expires_at: now + 3_600_000 },
  })
  for (const [model, id, payload] of [
    ['Session', session, { accountId: userId, uid: `sid-of-${tenant.name}` }],
    [
      'AuthorizationCode',
      authorizationCode,
      {
        ...{ redirectUri: 'https://app.test/', sessionUid: `sid-of-${tenant.name}` },
        ...{ login_request: request, second_factor: false },
      },
    ],
  ] as const) {
    await putOidcRecord(db, {
      ...{ tenant_id: tenant.name, model, id_hash: tokenHash(id), payload, uid: null },
      ...{ user_id: userId, client_id: 'demo', created_at: now, expires_at: now + 3_600_000 },
    })
  }
  return { loginState, loginBrowser, authorizationCode }
}

/** What a person with a second factor leaves: a recovery code, a browser, a sign-in that waits for it. */
async function furnishSecondFactor(
  { app, tenant }: TestServer,
  userId: string,
  mfaToken: string,
): Promise<void> {
  const { db } = app.deps
  const [hash, later] = [Buffer.from(tenant.name), app.deps.clock.now() + 600_000]
  await db.run(sql`
    insert into authentication_methods (tenant_id, id, user_id, type, confirmed, secret_hash, created_at)
    values (${tenant.name}, ${`dev_${tenant.name}`}, ${userId}, 'recovery-code', true, ${hash}, 1)`)
  await db.run(sql`
    insert into remembered_browsers (tenant_id, token_hash, user_id, created_at, expires_at)
    values (${tenant.name}, ${hash}, ${userId}, 1, ${later})`)
  await insertMfaTransaction(db, {
    ...{ tenant_id: tenant.name, token_hash: tokenHash(mfaToken), user_id: userId },
    ...{ client_id: 'demo', created_at: 1, expires_at: later, completed_at: null },
    request: { scopes: ['openid'], audience: null, connection: 'sms', grantType: '' },
  })
  await db.run(sql`
    insert into mfa_challenges (tenant_id, user_id) values (${tenant.name}, ${userId})`)
}
