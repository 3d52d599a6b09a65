import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../../../test/harness.ts'

const path = '/tenants/settings'

test('a new tenant is on the unified phone experience, and every switch of it is told', async () => {
  const server = await testServer()

  const { status, body } = await server.manage('GET', path)

  assert.equal(status, 200)
  assert.partialDeepStrictEqual(body, {
    phone_consolidated_experience: true,
    friendly_name: server.tenant.name,
    enabled_locales: ['en'],
    session_lifetime: 168,
    idle_session_lifetime: 72,
    default_directory: '',
    sandbox_versions_available: ['22', '18', '12'],
    flags: {
      enforce_client_authentication_on_passwordless_start: true,
      enable_client_connections: true,
    },
  })
  assert.ok(!Object.values(body).includes(null))
  const chosen = await server.manage('GET', `${path}?fields=friendly_name,flags`)
  assert.deepEqual(Object.keys(chosen.body).sort(), ['flags', 'friendly_name'])
})

for (const [what, patch, shown] of [
  [
    'flags are merged',
    { flags: { enable_sso: true } },
    { flags: { enable_sso: true, enable_client_connections: true } },
  ],
  [
    'an unknown flag is kept',
    { flags: { universal_login: true } },
    { flags: { universal_login: true } },
  ],
  ['an empty audience stays', { default_audience: '' }, { default_audience: '' }],
  ['an empty directory stays', { default_directory: '' }, { default_directory: '' }],
  ['an empty list of acr values stays', { acr_values_supported: [] }, { acr_values_supported: [] }],
  [
    'an empty list of log-out addresses stays',
    { allowed_logout_urls: [] },
    { allowed_logout_urls: [] },
  ],
  ['an empty universal_login is accepted', { universal_login: {} }, { universal_login: {} }],
  [
    'minutes become hours',
    { session_lifetime_in_minutes: 181 },
    { session_lifetime: 3.0166666666666666 },
  ],
  ['hours are kept', { idle_session_lifetime: 5 }, { idle_session_lifetime: 5 }],
  [
    'the order of locales is kept',
    { enabled_locales: ['pt-BR', 'en', 'de'] },
    { enabled_locales: ['pt-BR', 'en', 'de'] },
  ],
  [
    'countries are kept',
    { country_codes: { list: ['US', 'DE'], mode: 'allow' } },
    { country_codes: { list: ['US', 'DE'], mode: 'allow' } },
  ],
  ['an empty picture is kept', { picture_url: '' }, { picture_url: '' }],
  [
    'the experience can be confirmed',
    { phone_consolidated_experience: true },
    { phone_consolidated_experience: true },
  ],
  [
    'the legacy experience is allowed by default',
    { phone_consolidated_experience: false },
    { phone_consolidated_experience: false },
  ],
] as const) {
  test(`settings: ${what}`, async () => {
    const server = await testServer()

    const patched = await server.manage('PATCH', path, patch)

    assert.equal(patched.status, 200)
    assert.partialDeepStrictEqual(patched.body, shown)
    assert.partialDeepStrictEqual((await server.manage('GET', path)).body, shown)
    assert.ok(!('sandbox_versions_available' in patched.body))
    assert.ok(
      'cannot_change_enforce_client_authentication_on_passwordless_start' in patched.body.flags,
    )
    assert.ok(!('session_lifetime_in_minutes' in patched.body))
  })
}

for (const [member, value, unset] of [
  ['error_page', { html: '<p>', show_log_link: true, url: 'https://a.test' }, null],
  ['mtls', { enable_endpoint_aliases: true }, null],
  ['default_token_quota', { clients: { client_credentials: { enforce: true } } }, null],
  ['country_codes', { list: ['US'], mode: 'deny' }, null],
  ['skip_non_verifiable_callback_uri_confirmation_prompt', true, null],
  ['default_redirection_uri', 'https://a.test/start', ''],
] as const) {
  test(`${member} set to ${JSON.stringify(unset)} is left out from then on`, async () => {
    const server = await testServer()
    const set = await server.manage('PATCH', path, { [member]: value })
    assert.deepEqual(set.body[member], value)

    const patched = await server.manage('PATCH', path, { [member]: unset })

    assert.equal(patched.status, 200)
    assert.ok(!(member in patched.body))
    assert.ok(!(member in (await server.manage('GET', path)).body))
  })
}

for (const [what, patch] of [
  ['nothing', {}],
  ['an unknown member', { colour: 'red' }],
  ['no locale', { enabled_locales: [] }],
  ['an unknown locale', { enabled_locales: ['tlh'] }],
  ['a flag that is text', { flags: { enable_sso: 'yes' } }],
  ['a lifetime in both units', { session_lifetime: 3, session_lifetime_in_minutes: 180 }],
  ['a lifetime of none', { session_lifetime: 0 }],
  ['a broken country', { country_codes: { list: ['us'], mode: 'allow' } }],
  ['an address without https', { default_redirection_uri: 'http://a.test' }],
  ['null for a flag of its own', { phone_consolidated_experience: null }],
] as const) {
  test(`settings with ${what} are refused`, async () => {
    const server = await testServer()
    const before = (await server.manage('GET', path)).body

    const { status, body } = await server.manage('PATCH', path, patch)

    assert.deepEqual([status, body.errorCode], [400, 'invalid_body'])
    assert.deepEqual((await server.manage('GET', path)).body, before)
  })
}

test('two changes at once both stay', async () => {
  const server = await testServer()

  await Promise.all([
    server.manage('PATCH', path, { flags: { enable_sso: true } }),
    server.manage('PATCH', path, {
      friendly_name: 'Both',
      flags: { dashboard_insights_view: true },
    }),
  ])

  const { body } = await server.manage('GET', path)
  assert.equal(body.friendly_name, 'Both')
  assert.partialDeepStrictEqual(body.flags, { enable_sso: true, dashboard_insights_view: true })
})

test('the way back to the legacy experience can be closed by the operator', async () => {
  const server = await testServer()
  server.app.deps.options.legacyPhone = 'deny'

  const back = await server.manage('PATCH', path, { phone_consolidated_experience: false })
  const on = await server.manage('PATCH', path, { phone_consolidated_experience: true })

  assert.deepEqual(
    [back.status, back.body.errorCode, on.status],
    [403, 'legacy_phone_experience_not_allowed', 200],
  )
})
