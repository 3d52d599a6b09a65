import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sampleEvents } from '../../src/contract/sample-events.ts'
import type { CustomPhoneProviderApi, CustomPhoneProviderEvent } from '../../types/actions.d.ts'
import { assertRequest } from './assert-request.ts'
import { type Carrier, carriers, type Wanted } from './carriers.ts'
import { startFakeCarrier } from './fake-carrier.ts'

const require = createRequire(import.meta.url)
const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
const folder = fileURLToPath(new URL('../../examples/actions/', import.meta.url))

type Change = { notification?: object; connection?: object | undefined }

/** The sample event with other members. */
function eventWith(secrets: Record<string, string>, change: Change = {}): CustomPhoneProviderEvent {
  // The type of `sampleEvents` says only that it is an object.
  const sample = structuredClone(sampleEvents['custom-phone-provider']) as CustomPhoneProviderEvent
  const { notification, ...rest } = change
  return {
    ...sample,
    ...rest,
    notification: { ...sample.notification, ...notification },
    secrets,
  } as CustomPhoneProviderEvent
}

/** Runs an example in this process; the last verdict, as the runner has it. */
async function execute(file: string, event: CustomPhoneProviderEvent) {
  let verdict: { type: 'drop' | 'retry'; reason: string } | undefined
  const api: CustomPhoneProviderApi = {
    notification: {
      drop: (reason) => {
        verdict = { type: 'drop', reason: String(reason) }
      },
      retry: (reason) => {
        verdict = { type: 'retry', reason: String(reason) }
      },
    },
    cache: {
      get: () => undefined,
      set: () => ({ type: 'error', code: 'FailedToSetCacheRecord' }),
      delete: () => ({ type: 'error', code: 'CacheKeyDoesNotExist' }),
    },
  }
  await require(`${folder}${file}`).onExecuteCustomPhoneProvider(event, api)
  return verdict
}

async function fakeCarrier(t: TestContext) {
  const fake = await startFakeCarrier()
  t.after(() => fake.close())
  return fake
}

const byVoice = { notification: { delivery_method: 'voice' } }

async function assertSends(t: TestContext, carrier: Carrier, wanted: Wanted, change: Change) {
  const fake = await fakeCarrier(t)

  const verdict = await execute(carrier.file, eventWith(carrier.secrets(fake.url), change))

  assert.equal(verdict, undefined)
  assert.equal(fake.requests.length, 1)
  assertRequest(fake.requests[0], wanted)
}

for (const carrier of carriers) {
  const { file, voice, refusal } = carrier

  test(`${file} sends a text the way the carrier reads it`, (t) =>
    assertSends(t, carrier, carrier.text, {}))

  if (voice !== undefined) {
    test(`${file} calls the way the carrier reads it`, (t) =>
      assertSends(t, carrier, voice, byVoice))
  } else {
    test(`${file} drops a message by voice without a request`, async (t) => {
      const fake = await fakeCarrier(t)

      const verdict = await execute(file, eventWith(carrier.secrets(fake.url), byVoice))

      assert.equal(verdict?.type, 'drop')
      assert.deepEqual(fake.requests, [])
    })
  }

  test(`${file} drops what the carrier refuses for good, and says why`, async (t) => {
    const fake = await fakeCarrier(t)
    const event = eventWith(carrier.secrets(fake.url))

    fake.answer = refusal.answer
    const refused = await execute(file, event)
    fake.answer = { status: 401, body: 'no JSON' }
    const unauthorized = await execute(file, event)

    assert.equal(refused?.type, 'drop')
    assert.match(refused.reason, refusal.reason)
    assert.equal(unauthorized?.type, 'drop')
    assert.match(unauthorized.reason, /401$/)
  })

  test(`${file} asks for another try when the carrier is busy, broken or gone`, async (t) => {
    const fake = await fakeCarrier(t)
    const event = eventWith(carrier.secrets(fake.url))

    for (const answer of [{ status: 429 }, { status: 503, body: '<html>' }, 'reset'] as const) {
      fake.answer = answer
      assert.equal((await execute(file, event))?.type, 'retry', JSON.stringify(answer))
    }
  })
}

test('twilio-verify.js knows the regional languages, and the number that was tried too often', async (t) => {
  const fake = await fakeCarrier(t)
  const secrets = { TWILIO_VERIFY_URL: fake.url }
  for (const locale of ['pt_BR', 'pt-PT', undefined]) {
    await execute('twilio-verify.js', eventWith(secrets, { notification: { locale } }))
  }
  fake.answer = { status: 429, body: { code: 60203, message: 'Max send attempts reached' } }
  const tooOften = await execute('twilio-verify.js', eventWith(secrets))
  const notice = await execute(
    'twilio-verify.js',
    eventWith(secrets, { notification: { code: undefined, message_type: 'blocked_account' } }),
  )

  const locales = fake.requests.map(({ body }) => new URLSearchParams(body).get('Locale'))
  assert.deepEqual(locales, ['pt-BR', 'pt', null, 'en'])
  assert.equal(tooOften?.type, 'drop')
  assert.match(notice?.reason ?? '', /codes only, not blocked_account/)
})

test('aws-sns.js waits when SNS says it is too fast with status 400', async (t) => {
  const fake = await fakeCarrier(t)
  fake.answer = { status: 400, body: '<Error><Code>Throttling</Code></Error>' }

  const verdict = await execute('aws-sns.js', eventWith({ AWS_SNS_URL: fake.url }))

  assert.equal(verdict?.type, 'retry')
})

test('sms-gateway.js gives every try of a message one key, and signs it when asked to', async (t) => {
  const fake = await fakeCarrier(t)
  const secrets = { GATEWAY_URL: fake.url, GATEWAY_SIGNING_KEY: 'sign' }
  for (const code of ['1', '1', '2']) {
    await execute('sms-gateway.js', eventWith(secrets, { notification: { as_text: code } }))
  }

  const [first, again, other] = fake.requests.map(({ headers }) => headers)
  assert.match(String(first?.['idempotency-key']), /^[0-9a-f]{64}$/)
  assert.equal(again?.['idempotency-key'], first?.['idempotency-key'])
  assert.notEqual(other?.['idempotency-key'], first?.['idempotency-key'])
  assert.match(String(first?.['x-signature']), /^[0-9a-f]{64}$/)
})

test('router.js goes by country, then by what the message is for', async (t) => {
  const fake = await fakeCarrier(t)
  const secrets = {
    HOME_COUNTRIES: '49, 43',
    GATEWAY_URL: `${fake.url}/gateway`,
    TWILIO_VERIFY_SERVICE_SID: 'VA1',
    TWILIO_VERIFY_URL: fake.url,
    PLIVO_AUTH_ID: 'MA1',
    PLIVO_URL: fake.url,
  }
  const mfa = { connection: { id: 'con_1', name: 'users', strategy: 'auth0' } }
  const changes: Change[] = [
    {},
    mfa,
    byVoice,
    { notification: { recipient: '+436601234567' } },
    { ...mfa, notification: { code: undefined, message_type: 'blocked_account' } },
  ]
  for (const change of changes) {
    assert.equal(await execute('router.js', eventWith(secrets, change)), undefined)
  }
  fake.answer = { status: 503 }
  assert.equal((await execute('router.js', eventWith(secrets)))?.type, 'retry')
  fake.answer = { status: 400 }
  assert.equal((await execute('router.js', eventWith(secrets)))?.type, 'drop')

  const [plivo, twilio] = ['/v1/Account/MA1/Message/', '/v2/Services/VA1/Verifications']
  assert.deepEqual(
    fake.requests.map(({ path }) => path),
    [plivo, twilio, twilio, '/gateway', plivo, plivo, plivo],
  )
})

test('every example is in the table and fits the types for editors', () => {
  const files = globSync('*.js', { cwd: folder }).sort()

  assert.deepEqual(files, [...carriers.map(({ file }) => file), 'router.js'].sort())
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', `${folder}jsconfig.json`], {
    encoding: 'utf8',
  })
  assert.equal(stdout, '')
  assert.equal(status, 0)
})
