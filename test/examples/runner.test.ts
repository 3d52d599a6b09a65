import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createActions } from '../../src/actions/create-actions.ts'
import { buildAndRun } from '../../src/app/run-action.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { sampleEvents } from '../../src/contract/sample-events.ts'
import { runTrunkline } from '../trunkline.ts'
import { assertRequest } from './assert-request.ts'
import { carriers } from './carriers.ts'
import { startFakeCarrier } from './fake-carrier.ts'

const example = (file: string) =>
  fileURLToPath(new URL(`../../examples/actions/${file}`, import.meta.url))

async function write(t: TestContext, content: string | object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-action-run-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, typeof content === 'string' ? 'action.js' : 'values.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

test('every example sends from inside the walls of the runner', async (t) => {
  const fake = await startFakeCarrier()
  t.after(() => fake.close())
  const actions = createActions({ log: silentLogger, allow: [new URL(fake.url).host] })
  t.after(() => actions.close(0))
  const event = sampleEvents['custom-phone-provider']

  for (const { file, secrets, text } of carriers) {
    const outcome = await buildAndRun(actions, {
      code: await readFile(example(file), 'utf8'),
      dependencies: [],
      trigger: 'custom-phone-provider',
      event,
      secrets: secrets(fake.url),
    })

    assert.ok(outcome.built, file)
    assert.equal(outcome.result.ended, 'returned', file)
    assert.equal(outcome.result.verdict, undefined, file)
    assertRequest(fake.requests.shift(), text)
    assert.deepEqual(fake.requests, [])
  }
})

test('trunkline actions run says sent, and goes where it was allowed to go', async (t) => {
  const fake = await startFakeCarrier()
  t.after(() => fake.close())
  const secrets = await write(t, { GATEWAY_URL: fake.url })
  const { host } = new URL(fake.url)

  const ended = await runTrunkline([
    'actions',
    'run',
    example('sms-gateway.js'),
    ...['--secrets', secrets, '--allow', host],
  ])

  assert.match(ended.stdout, /^sent\nhandler \d/, ended.stderr)
  assert.equal(ended.code, 0)
  assert.equal(fake.requests.length, 1)
})

test('trunkline actions run tells verdict, error and console, and masks secrets', async (t) => {
  const action = await write(
    t,
    `exports.onExecuteCustomPhoneProvider = async (event, api) => {
      console.log('to', event.notification.recipient, event.secrets.TOKEN)
      if (event.notification.message_type === 'password_breach') throw new TypeError('no such luck')
      api.notification.retry('later')
    }`,
  )
  const secrets = await write(t, { TOKEN: 'very-secret' })
  const event = await write(t, {
    notification: { recipient: '+491701234567', message_type: 'password_breach' },
  })

  const retried = await runTrunkline(['actions', 'run', action, '--secrets', secrets])
  const failed = await runTrunkline(['actions', 'run', action, '--event', event])

  assert.match(retried.stdout, /^retry: later\nconsole\n {2}.*\+15555550100.*\*\*\*\nhandler /)
  assert.match(
    failed.stdout,
    /^failed: the handler threw\nTypeError: no such luck[\s\S]*\+491701234567/,
  )
  assert.deepEqual([retried.code, failed.code], [1, 1])
})

test('trunkline actions run keeps private addresses shut, and tells what cannot be built or loaded', async (t) => {
  const fake = await startFakeCarrier()
  t.after(() => fake.close())
  const secrets = await write(t, { GATEWAY_URL: fake.url })
  const broken = await write(t, 'exports.onExecuteCustomPhoneProvider = async () => {')

  const refused = await runTrunkline([
    'actions',
    'run',
    example('sms-gateway.js'),
    '--secrets',
    secrets,
  ])
  const unbuilt = await runTrunkline(['actions', 'run', broken])
  const wrong = await write(t, 'exports.onExecuteCustomPhoneProvider = () => {}')
  const notRun = await runTrunkline(['actions', 'run', wrong])

  assert.match(refused.stdout, /^retry: the gateway does not answer/)
  assert.deepEqual(fake.requests, [])
  assert.match(unbuilt.stdout, /^not built\n {2}\w+: /)
  assert.match(
    notRun.stdout,
    /^not run: .*\n.*onExecuteCustomPhoneProvider must be an async function/,
  )
  assert.deepEqual([unbuilt.code, notRun.code], [1, 1])
})

test('trunkline actions run says in one line what it cannot read', async (t) => {
  const list = await write(t, [])
  const number = await write(t, { TOKEN: 1 })
  const [none, missing, event, secret, trigger] = await Promise.all([
    runTrunkline(['actions', 'run']),
    runTrunkline(['actions', 'run', '/nowhere/action.js']),
    runTrunkline(['actions', 'run', example('plivo.js'), '--event', list]),
    runTrunkline(['actions', 'run', example('plivo.js'), '--secrets', number]),
    runTrunkline(['actions', 'run', example('plivo.js'), '--trigger', 'post-login']),
  ])

  assert.match(none.stderr, /^actions takes "run FILE"/)
  assert.match(missing.stderr, /^cannot read \/nowhere\/action\.js: /)
  assert.match(event.stderr, /must hold one JSON object/)
  assert.match(secret.stderr, /TOKEN must be a text/)
  assert.match(trigger.stderr, /^--trigger must be custom-phone-provider or send-phone-message/)
  for (const { code } of [none, missing, event, secret, trigger]) assert.equal(code, 2)
})
