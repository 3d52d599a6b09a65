import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mfaDeliveryProblem } from '../src/domain/mfa-message.ts'
import { type FakeActions, fakeActions } from './fake-actions.ts'
import { configureTwilio, type TestServer } from './harness.ts'
import { bindHooks, deployHook, legacyMfa, put, twilio } from './legacy-mfa-tenant.ts'
import { sendChallenge } from './mfa-challenge.ts'

const problemOf = async (server: TestServer, method: 'text' | 'voice') => {
  const tenant = await server.app.tenants.byId(server.tenant.name)
  assert.ok(tenant)
  return (await mfaDeliveryProblem(server.app.deps, tenant, method))?.code
}

test("MFA's own Twilio account sends MFA's own text, and the caller waits", async () => {
  const server = await legacyMfa({
    ...{ provider: 'twilio', twilio },
    templates: {
      enrollment_message: 'Enrol {{ code }} at {{ tenant.friendly_name }} by {{ message_type }}',
      verification_message:
        '{{ tenant.friendlyName }}: {{ code }} {{ requestInfo.lang }} {{ locale }}',
    },
  })
  await configureTwilio(server)

  const first = await sendChallenge(server, { flow: 'mfa_enroll' })
  const second = await sendChallenge(server)

  assert.deepEqual([first.refusal, second.refusal], [undefined, undefined])
  const [enrol, verify] = server.carrier.requests
  assert.equal(enrol?.path, '/2010-04-01/Accounts/AC9/Messages.json')
  assert.equal(enrol?.form.get('From'), '+15005550009')
  assert.match(enrol?.form.get('Body') ?? '', /^Enrol 123456 at .+ by sms$/)
  assert.match(verify?.form.get('Body') ?? '', /: 123456 es-AR en$/)
  assert.deepEqual(await server.logs(), ['gd_send_sms', 'gd_send_sms'])
})

test('a call spells the code with dots and calls itself voice', async () => {
  const server = await legacyMfa({
    ...{ provider: 'twilio', twilio },
    templates: {
      enrollment_message: '{{ code }}',
      verification_message: 'By {{ message_type }} {{ pause }} {{ code }}',
    },
  })

  await sendChallenge(server, { deliveryMethod: 'voice' })

  const twiml = server.carrier.requests[0]?.form.get('Twiml') ?? ''
  assert.ok(twiml.includes('By voice'), twiml)
  assert.ok(twiml.includes('1.2.3.4.5.6.'), twiml)
  assert.deepEqual(await server.logs(), ['gd_send_voice'])
})

test('a refusal of Twilio is told, logged and not repeated', async () => {
  const server = await legacyMfa({ provider: 'twilio', twilio })
  server.carrier.respond(() => ({ status: 503, body: { code: 20503, message: 'down' } }))

  const { refusal } = await sendChallenge(server)
  server.clock.advance(60_000)
  await server.app.sweeper.sweep()
  await server.settle()

  assert.match(refusal ?? '', /\(Code: 20503\)$/)
  assert.equal(server.carrier.requests.length, 1)
  assert.deepEqual(await server.logs(), ['fn', 'gd_send_sms_failure'])
})

const problems: [
  string,
  Parameters<typeof legacyMfa>[0],
  string | undefined,
  string | undefined,
][] = [
  ['the built-in provider', {}, 'guardian_provider_missing', 'guardian_provider_missing'],
  [
    'Twilio without an account',
    { provider: 'twilio' },
    'guardian_twilio_incomplete',
    'guardian_twilio_incomplete',
  ],
  ['Twilio with a number', { provider: 'twilio', twilio }, undefined, undefined],
  [
    'Twilio with a Messaging Service alone',
    { provider: 'twilio', twilio: { ...twilio, from: null, messaging_service_sid: 'MG1' } },
    undefined,
    'no_voice_sender',
  ],
  [
    'Actions of which none is bound',
    { provider: 'phone-message-hook' },
    'send_phone_message_action_missing',
    'send_phone_message_action_missing',
  ],
]

for (const [what, settings, text, voice] of problems) {
  test(`${what}: the problem is known before a code is sent, and told`, async () => {
    const server = await legacyMfa(settings)

    assert.deepEqual(
      [await problemOf(server, 'text'), await problemOf(server, 'voice')],
      [text, voice],
    )
    const { refusal } = await sendChallenge(server, { deliveryMethod: 'voice' })
    assert.equal(refusal === undefined, voice === undefined, refusal)
    const logs = voice === undefined ? ['gd_send_voice'] : ['fn', 'gd_send_voice_failure']
    assert.deepEqual(await server.logs(), logs)
  })
}

test('bound Actions run in their order, each with the event of the older trigger', async () => {
  const actions = fakeActions()
  const server = await legacyMfa({ provider: 'phone-message-hook' }, { actions })
  for (const name of ['first', 'second', 'unbound']) await deployHook(server, name)
  await bindHooks(server, 'second', 'first')

  const text = await sendChallenge(server, { flow: 'mfa_enroll' })
  await sendChallenge(server, { deliveryMethod: 'voice' })

  assert.equal(text.refusal, undefined)
  assert.deepEqual(await bundles(actions), ['second', 'first', 'second', 'first'])
  const [enrol, , challenge] = actions.calls.map(({ call }) => call.event)
  assert.ok(enrol && challenge)
  assert.deepEqual(enrol.message_options, {
    ...{ action: 'enrollment', code: '123456', message_type: 'sms', recipient: '+14155550137' },
    text: (enrol.message_options as { text: string }).text,
  })
  assert.deepEqual(challenge.message_options, {
    ...{ action: 'second-factor-authentication', code: '123456', message_type: 'voice' },
    recipient: '+14155550137',
    text: (challenge.message_options as { text: string }).text,
  })
  assert.match((challenge.message_options as { text: string }).text, /1\.2\.3\.4\.5\.6\./)
  for (const absent of ['connection', 'organization', 'notification']) {
    assert.equal(enrol[absent], undefined)
  }
  assert.deepEqual(enrol.tenant, { id: server.tenant.name })
  assert.equal((enrol.user as { login_count?: number }).login_count, undefined)
  assert.equal((enrol.client as { client_id: string }).client_id, 'demo')
  assert.deepEqual(await server.logs(), ['gd_send_sms', 'gd_send_voice'])
})

const failures = ['threw', 'timed_out', 'killed', 'not_started', 'throttled'] as const

for (const ended of failures) {
  test(`an Action that ended as ${ended} fails the step at once, and the next one does not run`, async () => {
    const actions = fakeActions()
    const server = await legacyMfa({ provider: 'phone-message-hook' }, { actions })
    for (const name of ['first', 'second']) await deployHook(server, name)
    await bindHooks(server, 'first', 'second')
    actions.script({ ended, error: { name: 'Error', message: 'no luck' } })

    const { refusal } = await sendChallenge(server)
    server.clock.advance(60_000)
    await server.app.sweeper.sweep()
    await server.settle()

    assert.notEqual(refusal, undefined)
    assert.equal(actions.calls.length, 1)
    const logs = ['actions_execution_failed', 'fn', 'gd_send_sms_failure']
    assert.deepEqual((await server.logs()).sort(), logs)
  })
}

test("with the switch on the tenant's provider sends MFA after the reply, and back", async () => {
  const server = await legacyMfa({ provider: 'twilio', twilio })
  await configureTwilio(server)

  await put(server, '/tenants/settings', { phone_consolidated_experience: true }, 'PATCH')
  await sendChallenge(server)
  await put(server, '/tenants/settings', { phone_consolidated_experience: false }, 'PATCH')
  await sendChallenge(server)

  const accounts = server.carrier.requests.map(({ path }) => path.split('/')[3])
  assert.deepEqual(accounts, ['AC00000000000000000000000000000001', 'AC9'])
})

async function bundles(actions: FakeActions): Promise<(string | undefined)[]> {
  const sources = await Promise.all(actions.calls.map(({ program }) => program.loadBundle()))
  return sources.map((source) => /'(\w+)'/.exec(source)?.[1])
}
