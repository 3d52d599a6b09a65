import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines } from '../../../test/databases.ts'
import { testServer } from '../../../test/harness.ts'
import { defaultMessages } from '../../templates/messages/index.ts'

const path = '/branding/phone/templates'
const text = 'Code {{ code }} for {{ friendly_name }}'
const voice = 'Your code is {{ code }}'

test('a fresh tenant lists four defaults without id, with an empty sender, of this moment', async () => {
  const server = await testServer()
  const at = new Date(server.clock.now()).toISOString()

  const { body } = await server.manage('GET', path)

  assert.deepEqual(
    body.templates,
    (['otp_enroll', 'otp_verify', 'change_password', 'blocked_account'] as const).map((type) => ({
      tenant: server.tenant.name,
      channel: 'phone',
      type,
      disabled: false,
      content: {
        syntax: 'liquid',
        from: '',
        body: { text: defaultMessages[type].text, voice: defaultMessages[type].voice },
      },
      created_at: at,
      updated_at: at,
    })),
  )
  assert.deepEqual((await server.manage('GET', `${path}?disabled=true`)).body, { templates: [] })
})

test('a stored template takes the place of its default and gives it back', async () => {
  const server = await testServer()

  const created = await server.manage('POST', path, {
    type: 'otp_verify',
    disabled: false,
    content: { syntax: 'liquid', from: '+15005550006', body: { text } },
  })

  assert.equal(created.status, 201)
  assert.match(created.body.id, /^tem_[A-Za-z0-9]{22}$/)
  assert.deepEqual(created.body.content, {
    syntax: 'liquid',
    from: '+15005550006',
    body: { text, voice: defaultMessages.otp_verify.voice },
  })
  const listed = (await server.manage('GET', path)).body.templates
  assert.equal(listed.length, 4)
  assert.deepEqual(
    listed.filter(({ type }: { type: string }) => type === 'otp_verify'),
    [created.body],
  )
  assert.deepEqual((await server.manage('GET', `${path}/${created.body.id}`)).body, created.body)

  assert.equal((await server.manage('DELETE', `${path}/${created.body.id}`)).status, 204)
  const after = (await server.manage('GET', path)).body.templates
  assert.ok(after.every((template: object) => !('id' in template)))
})

test('a type has one template: the second creation is 409 with the published text', async () => {
  const server = await testServer()
  await server.manage('POST', path, { type: 'password_breach' })

  const second = await server.manage('POST', path, { type: 'password_breach' })

  assert.deepEqual(second.body, {
    statusCode: 409,
    error: 'Conflict',
    message: 'Phone template already configured for tenant',
  })
  assert.equal((await server.manage('GET', path)).body.templates.length, 5)
})

for (const engine of engines) {
  test(`on ${engine} a change merges deeply; a reset keeps sender and switch`, async () => {
    const server = await testServer({ engine })
    const { body } = await server.manage('POST', path, {
      type: 'change_password',
      content: { from: 'Acme', body: { text, voice } },
    })
    server.clock.advance(1000)

    const patched = await server.manage('PATCH', `${path}/${body.id}`, {
      disabled: true,
      content: { body: { voice: 'It is {{ code }}' } },
    })

    const content = { syntax: 'liquid', from: 'Acme', body: { text, voice: 'It is {{ code }}' } }
    const updated_at = new Date(server.clock.now()).toISOString()
    assert.deepEqual(patched.body, { ...body, disabled: true, content, updated_at })

    for (const sent of [undefined, null, {}, { anything: 1 }]) {
      const reset = await server.manage('PATCH', `${path}/${body.id}/reset`, sent)
      assert.equal(reset.status, 200)
      assert.partialDeepStrictEqual(reset.body, {
        disabled: true,
        content: {
          from: 'Acme',
          body: {
            text: defaultMessages.change_password.text,
            voice: defaultMessages.change_password.voice,
          },
        },
      })
    }
  })
}

test('what a template may not hold is refused before it is stored', async () => {
  const server = await testServer()
  const { body: stored } = await server.manage('POST', path, { type: 'otp_enroll' })
  const cases: [string, string, unknown, RegExp][] = [
    ['POST', path, {}, /Missing required property: type/],
    ['POST', path, { type: 'sms' }, /No enum match for: sms/],
    ['POST', path, { type: 'otp_verify', content: { from: '' } }, /on property content\.from/],
    ['POST', path, { type: 'otp_verify', content: {} }, /Too few properties defined/],
    ['POST', path, { type: 'otp_verify', content: { syntax: 'jinja' } }, /No enum match/],
    ['POST', path, { type: 'otp_verify', channel: 'phone' }, /not allowed: channel/],
    [
      'POST',
      path,
      { type: 'otp_verify', content: { body: { text: '{% capture x %}{% endcapture %}' } } },
      /capture.*on property content\.body\.text/,
    ],
    [
      'POST',
      path,
      { type: 'otp_verify', content: { body: { voice: '{{ code' } } },
      /on property content\.body\.voice/,
    ],
    [
      'POST',
      path,
      { type: 'otp_verify', content: { body: { text: 'x'.repeat(20_001) } } },
      /too long \(20001 chars\), maximum 20000/,
    ],
    ['PATCH', `${path}/${stored.id}`, { type: 'otp_verify' }, /not allowed: type/],
    ['PATCH', `${path}/${stored.id}`, { content: { syntax: 'liquid' } }, /not allowed: syntax/],
    ['PATCH', `${path}/${stored.id}`, { content: { from: '' } }, /on property content\.from/],
    ['PATCH', `${path}/${stored.id}`, { content: { body: {} } }, /Too few properties/],
  ]
  for (const [method, address, body, message] of cases) {
    const reply = await server.manage(method, address, body)
    assert.equal(reply.status, 400, JSON.stringify(body))
    assert.equal(reply.body.errorCode, 'invalid_body')
    assert.match(reply.body.message, message)
  }
})

test('every single call to an unknown template is 404', async () => {
  const server = await testServer()
  const unknown = `${path}/tem_0000000000000000000000`
  for (const [method, address, body] of [
    ['GET', unknown, undefined],
    ['PATCH', unknown, { disabled: true }],
    ['DELETE', unknown, undefined],
    ['PATCH', `${unknown}/reset`, undefined],
    ['POST', `${unknown}/try`, { to: '+4915112345678' }],
  ] as const) {
    assert.deepEqual((await server.manage(method, address, body)).body, {
      statusCode: 404,
      error: 'Not Found',
      message: 'Notification Resource not found',
    })
  }
})

test('disabling a template whose code is needed leaves a warning in the log', async () => {
  const server = await testServer()
  const { body } = await server.manage('POST', path, { type: 'otp_verify' })

  await server.manage('PATCH', `${path}/${body.id}`, { disabled: true })

  assert.deepEqual(await server.logs(), ['wn'])
})

test('a template is tried in the inbox while no provider is there, in its own words', async () => {
  const server = await testServer()
  const { body } = await server.manage('POST', path, {
    type: 'otp_enroll',
    content: { body: { text: 'Enroll {{ code }}' } },
  })

  const tried = await server.manage('POST', `${path}/${body.id}/try`, {
    to: '4915112345678',
    more: true,
  })

  assert.equal(tried.status, 202)
  assert.deepEqual(tried.body, {
    code: 202,
    message: 'Test notification successfully sent for processing',
  })
  const inbox = await server.manage('GET', '/phone/inbox')
  assert.match(inbox.body.messages[0].text, /^Enroll [0-9]{6}$/)
})

test('without provider and inbox a template cannot be tried', async () => {
  const server = await testServer({ inbox: false })
  const { body } = await server.manage('POST', path, { type: 'otp_verify' })

  const tried = await server.manage('POST', `${path}/${body.id}/try`, { to: '+4915112345678' })

  assert.equal(tried.status, 409)
})
