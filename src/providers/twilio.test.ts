import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { Value } from 'typebox/value'
import { type FakeTwilio, startFakeTwilio } from '../../test/fake-twilio.ts'
import { silentLogger } from '../base/logger.ts'
import type { Notification } from '../contract/notifications.ts'
import type { DeliveryTools } from './phone-provider.ts'
import { TwilioConfiguration, TwilioCredentials, twilio } from './twilio.ts'

const now = Date.UTC(2026, 0, 1)
const callbackUrl = 'https://auth.example/callbacks/twilio/messages/ntf_1'
const text: Notification = {
  id: 'ntf_1',
  message_type: 'otp_verify',
  delivery_method: 'text',
  recipient: '+15550100137',
  locale: 'en',
  as_text: 'Use 123456 & go <on>',
  as_voice: 'Acme & <Sons> 1. 2.',
  voice_parts: ['Acme & <Sons>', '1. 2.'],
  code: '123456',
  expires_at: now + 180_000,
}
const voice: Notification = { ...text, delivery_method: 'voice' }
const withFrom: TwilioConfiguration = {
  sid: 'AC1',
  default_from: '+15550100001',
  delivery_methods: ['text', 'voice'],
}
const withService: TwilioConfiguration = {
  sid: 'AC1',
  mssid: 'MG1',
  delivery_methods: ['text', 'voice'],
}

let fake: FakeTwilio
before(async () => {
  fake = await startFakeTwilio()
})
after(() => fake.close())
beforeEach(() => {
  fake.requests.length = 0
  fake.script()
})

const send = (
  notification: Notification,
  configuration = withFrom,
  tools: Partial<DeliveryTools> = {},
) =>
  twilio.send(
    notification,
    { configuration, credentials: { auth_token: 'secret:ü' } },
    {
      fetch,
      signal: AbortSignal.timeout(10_000),
      log: silentLogger,
      twilioUrl: fake.url,
      now,
      runAction: async () => undefined,
      ...tools,
    },
  )
const sent = () => Object.fromEntries(fake.requests[0]?.form ?? [])

test('a text is one message of the account, signed in with its token', async () => {
  const delivery = await send(text)

  assert.deepEqual(delivery, {
    outcome: 'accepted',
    providerMessageId: 'SM00000000000000000000000000000001',
  })
  assert.equal(fake.requests.length, 1)
  assert.equal(fake.requests[0]?.path, '/2010-04-01/Accounts/AC1/Messages.json')
  assert.equal(
    fake.requests[0]?.headers.authorization,
    `Basic ${Buffer.from('AC1:secret:ü').toString('base64')}`,
  )
  assert.match(fake.requests[0]?.headers['content-type'] ?? '', /^application\/x-www-form-urlenc/)
  assert.deepEqual(sent(), {
    To: '+15550100137',
    From: '+15550100001',
    Body: 'Use 123456 & go <on>',
    ValidityPeriod: '180',
  })
})

test('the sender of a template goes before that of the provider', async () => {
  await send({ ...text, from: 'Acme' })

  assert.equal(sent().From, 'Acme')
})

test('a Messaging Service chooses the sender of a text, and says so to a template with one', async () => {
  const both = { ...withService, default_from: '+15550100001' }

  const delivery = await send({ ...text, from: 'Acme' }, both)

  assert.equal(sent().MessagingServiceSid, 'MG1')
  assert.equal('From' in sent(), false)
  assert.match((delivery.outcome === 'accepted' && delivery.warning) || '', /template was ignored/)
})

test('a call is made with inline TwiML that is well formed', async () => {
  const delivery = await send(voice, withFrom, { callbackUrl })

  assert.equal(delivery.outcome === 'accepted' && delivery.providerMessageId?.slice(0, 2), 'CA')
  assert.equal(fake.requests[0]?.path, '/2010-04-01/Accounts/AC1/Calls.json')
  const { StatusCallbackEvent: _, ...fields } = sent()
  assert.deepEqual(fields, {
    To: '+15550100137',
    From: '+15550100001',
    Twiml:
      '<Response><Pause length="1"/><Say language="en-US">Acme &#38; &#60;Sons&#62;</Say><Pause length="1"/><Say language="en-US">1. 2.</Say></Response>',
    StatusCallback: callbackUrl,
    Timeout: '30',
    TimeLimit: '90',
  })
  assert.deepEqual(fake.requests[0]?.form.getAll('StatusCallbackEvent'), [
    'initiated',
    'ringing',
    'answered',
    'completed',
  ])
})

const refusedBefore: [string, Notification, TwilioConfiguration, string][] = [
  ['a call with only a Messaging Service', voice, withService, 'no_voice_sender'],
  ['a text without any sender', text, { sid: 'AC1', delivery_methods: ['text'] }, 'no_sender'],
  ['a text of 1601 characters', { ...text, as_text: 'x'.repeat(1601) }, withFrom, 'text_too_long'],
  [
    'a call whose words grow beyond the limit when escaped',
    { ...voice, voice_parts: ['&'.repeat(1000)] },
    withFrom,
    'voice_too_long',
  ],
]

for (const [what, notification, configuration, code] of refusedBefore) {
  test(`${what} fails for good with ${code}, and Twilio is not asked`, async () => {
    const delivery = await send(notification, configuration)

    assert.equal(delivery.outcome, 'permanent')
    assert.equal(delivery.cause.code, code)
    assert.equal(fake.requests.length, 0)
  })
}

test('a call with a Messaging Service takes the sender of its template', async () => {
  await send({ ...voice, from: '+15550100002' }, withService)

  assert.equal(sent().From, '+15550100002')
})

test('the validity is the life of the code, within what Twilio takes, and absent for notices', async () => {
  const { expires_at: _, ...notice } = text
  await send({ ...text, expires_at: now + 5_999 })
  await send({ ...text, expires_at: now + 90_000_000 })
  await send(notice)

  const periods = fake.requests.map(({ form }) => form.get('ValidityPeriod'))
  assert.deepEqual(periods, ['6', '36000', null])
})

test('status reports are asked for only at an address', async () => {
  await send(text)
  await send(text, withFrom, { callbackUrl })

  const asked = fake.requests.map(({ form }) => form.get('StatusCallback'))
  assert.deepEqual(asked, [null, callbackUrl])
})

for (const code of [21205, 21609, 21402]) {
  test(`when ${code} refuses the address for reports, the message goes without`, async () => {
    fake.script({ status: 400, body: { code, message: 'Bad StatusCallback', status: 400 } })

    const delivery = await send(voice, withFrom, { callbackUrl })

    assert.equal(delivery.outcome, 'accepted')
    assert.match((delivery.outcome === 'accepted' && delivery.warning) || '', /status reports/)
    assert.equal(fake.requests.length, 2)
    assert.equal(fake.requests[1]?.form.has('StatusCallback'), false)
    assert.equal(fake.requests[1]?.form.has('StatusCallbackEvent'), false)
  })
}

test('a refusal tells the cause without the number and is not repeated here', async () => {
  const message = "The 'To' number +15550100137 is not a valid phone number."
  fake.script({ status: 400, body: { code: 21211, message, status: 400 } })

  const delivery = await send(text)

  assert.equal(delivery.outcome, 'permanent')
  assert.doesNotMatch(JSON.stringify(delivery), /15550100137|123456/)
  assert.equal(delivery.providerError?.code, '21211')
  assert.equal(fake.requests.length, 1)
})

test('a busy carrier is asked again when it says so', async () => {
  fake.script({ status: 429, headers: { 'retry-after': '12' }, body: { code: 20429 } })

  const delivery = await send(text)

  assert.equal(delivery.outcome, 'retry')
  assert.equal(delivery.retryAfterS, 12)
})

test('an error page in place of JSON is judged by its status', async () => {
  fake.script({ status: 503, body: '<html>', headers: { 'content-type': 'text/html' } })

  const delivery = await send(text)

  assert.equal(delivery.outcome !== 'accepted' && delivery.cause.code, 'twilio_http_503')
  assert.equal(delivery.outcome, 'retry')
})

test('a success that cannot be read was a success', async () => {
  fake.script({ body: 'not JSON' })

  const delivery = await send(text)

  assert.equal(delivery.outcome, 'accepted')
  assert.match((delivery.outcome === 'accepted' && delivery.warning) || '', /no id/)
})

test('a redirect is not followed, so the credentials stay', async () => {
  fake.script({ status: 307, headers: { location: `${fake.url}/elsewhere` } })

  const delivery = await send(text)

  assert.equal(delivery.outcome, 'permanent')
  assert.equal(fake.requests.length, 1)
})

test('a refused connection is tried again, and works once the carrier is back', async () => {
  await fake.stop()
  const refused = await send(text)
  await fake.start()
  const accepted = await send(text)

  assert.equal(refused.outcome, 'retry')
  assert.equal(refused.cause.code, 'connection_refused')
  assert.equal(accepted.outcome, 'accepted')
})

test('a connection that breaks after the request leaves the result unknown', async () => {
  fake.script({ instead: 'reset' })

  const delivery = await send(text)

  assert.equal(delivery.outcome, 'unknown')
  assert.equal(delivery.cause.code, 'result_unknown')
  assert.equal(fake.requests.length, 1)
})

test('a carrier that does not answer in time leaves the result unknown', async () => {
  const limit = new AbortController()
  fake.respond(() => {
    limit.abort(new DOMException('too late', 'TimeoutError'))
    return { instead: 'hang' }
  })

  const delivery = await send(text, withFrom, { signal: limit.signal })

  assert.equal(delivery.outcome, 'unknown')
})

test('a try that is called off is no result, so its lease may run out', async () => {
  const draining = new AbortController()
  fake.respond(() => {
    draining.abort(new Error('the node drains'))
    return { instead: 'hang' }
  })

  await assert.rejects(send(text, withFrom, { signal: draining.signal }), /the node drains/)
})

test('an account SID of any form stays inside its path', async () => {
  await send(text, { ...withFrom, sid: 'a/b?c' })

  assert.equal(fake.requests[0]?.path, '/2010-04-01/Accounts/a%2Fb%3Fc/Messages.json')
})

test('settings are checked by shape and not by pattern', () => {
  const valid = (configuration: object) => Value.Check(TwilioConfiguration, configuration)

  assert.ok(valid({ sid: 'sid1', default_from: 'a@b', delivery_methods: ['text'] }))
  assert.ok(valid({ sid: '1', mssid: 'x', default_from: 'y', delivery_methods: ['voice', 'text'] }))
  assert.ok(!valid({ sid: '1', delivery_methods: [] }))
  assert.ok(!valid({ sid: '1', delivery_methods: ['text', 'text'] }))
  assert.ok(!valid({ sid: '1', delivery_methods: ['fax'] }))
  assert.ok(!valid({ sid: '1', delivery_methods: ['text'], region: 'ie1' }))
  assert.ok(!valid({ delivery_methods: ['text'] }))
  assert.ok(Value.Check(TwilioCredentials, { auth_token: 'x' }))
  assert.ok(!Value.Check(TwilioCredentials, { auth_token: '' }))
  assert.ok(!Value.Check(TwilioCredentials, { auth_token: 'x'.repeat(256) }))
})
