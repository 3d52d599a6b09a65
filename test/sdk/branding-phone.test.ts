import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, sdkTrial } from './management.ts'

const trial = sdkTrial('branding.phone')

const twilio = {
  name: 'twilio' as const,
  configuration: {
    sid: 'AC00000000000000000000000000000001',
    default_from: '+15005550006',
    delivery_methods: ['text' as const, 'voice' as const],
  },
  credentials: { auth_token: 'twilio-auth-token' },
}

test('a provider is created, listed, tried, changed and deleted', async () => {
  const { sdk, server } = await trial.open()
  const { providers } = sdk.branding.phone

  assert.deepEqual((await providers.list()).providers, [])
  const created = await providers.create(twilio)
  const { credentials: _, ...told } = twilio
  assert.partialDeepStrictEqual(created, {
    ...told,
    tenant: server.tenant.name,
    channel: 'phone',
    disabled: false,
  })
  const id = created.id ?? ''
  assert.match(id, /^pro_[A-Za-z0-9]{22}$/)
  assert.deepEqual(await providers.get(id), created)
  const { providers: listed } = await providers.list({ disabled: false })
  assert.deepEqual(listed, [{ ...created, credentials: null }])
  assert.deepEqual(await providers.test(id, { to: '14155550137', delivery_method: 'voice' }), {
    code: 202,
    message: 'Test notification successfully sent for processing',
  })
  assert.equal(server.carrier.requests.at(-1)?.form.get('To'), '+14155550137')
  const changed = await providers.update(id, { disabled: true })
  assert.equal(changed.disabled, true)
  await providers.delete(id)
  assert.deepEqual(await refusal(providers.get(id)), {
    statusCode: 404,
    error: 'Not Found',
    message: 'Notification Resource not found',
  })
})

test('a template is created, listed, tried, changed, reset and deleted', async () => {
  const { sdk, server } = await trial.open()
  const { templates } = sdk.branding.phone

  const { templates: defaults } = await templates.list()
  assert.equal(defaults?.length, 4)
  assert.equal(defaults?.[0]?.id, undefined)
  const created = await templates.create({
    type: 'otp_verify',
    disabled: false,
    content: { from: '+15005550006', body: { text: 'Code {{ code }}', voice: '{{ code }}' } },
  })
  const id = created.id ?? ''
  assert.deepEqual(await templates.get(id), created)
  const changed = await templates.update(id, { content: { body: { text: 'Your {{ code }}' } } })
  assert.deepEqual(changed.content?.body, { text: 'Your {{ code }}', voice: '{{ code }}' })
  const tried = await templates.test(id, { to: '+14155550137', delivery_method: 'text' })
  assert.equal(tried.message, 'Test notification successfully sent for processing')
  const { body: inbox } = await server.manage('GET', '/phone/inbox')
  assert.match(inbox.messages[0].text, /^Your \d{6}$/)
  const reset = await templates.reset(id, {})
  assert.notEqual(reset.content?.body?.text, 'Your {{ code }}')
  assert.equal(reset.content?.from, '+15005550006')
  assert.partialDeepStrictEqual(await refusal(templates.create({ type: 'otp_verify' })), {
    statusCode: 409,
  })
  await templates.delete(id)
  assert.equal((await templates.list({ disabled: false })).templates?.length, 4)
})

trial.assertComplete()
