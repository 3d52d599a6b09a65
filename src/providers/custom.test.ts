import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ActionResult } from '../contract/actions.ts'
import { custom } from './custom.ts'
import type { DeliveryTools } from './phone-provider.ts'

const notification = {
  ...{ id: 'ntf_1', message_type: 'otp_verify' as const, delivery_method: 'text' as const },
  ...{ recipient: '+15555550100', locale: 'en', as_text: 'Code 123456', as_voice: '1. 2. 3.' },
}
const stats = {
  action_duration_ms: 0,
  boot_duration_ms: 0,
  network_duration_ms: 0,
  total_request_duration_ms: 0,
}

const send = (end: (Partial<ActionResult> & Pick<ActionResult, 'ended'>) | undefined) => {
  const runAction = async () => end && { logs: '', cacheWrites: [], stats, ...end }
  const tools = { runAction } as Partial<DeliveryTools> as DeliveryTools // it uses nothing else
  return custom.send(notification, { configuration: {}, credentials: {} } as never, tools)
}
const retry = { type: 'retry', reason: 'busy' } as const
const drop = { type: 'drop', reason: 'no' } as const

const table: [string, Parameters<typeof send>[0], string, string | undefined][] = [
  ['returned', { ended: 'returned' }, 'accepted', undefined],
  ['asked to be called again', { ended: 'returned', verdict: retry }, 'retry', 'action_retry'],
  ['refused', { ended: 'returned', verdict: drop }, 'permanent', 'action_drop'],
  ['threw after a verdict', { ended: 'threw', verdict: retry }, 'retry', 'action_retry'],
  ['threw', { ended: 'threw' }, 'permanent', 'action_error'],
  ['took too long', { ended: 'timed_out' }, 'permanent', 'action_timeout'],
  [
    'took too long after a verdict',
    { ended: 'timed_out', verdict: retry },
    'permanent',
    'action_timeout',
  ],
  ['was killed', { ended: 'killed' }, 'unknown', 'result_unknown'],
  ['did not start', { ended: 'not_started' }, 'retry', 'action_not_started'],
  ['had to wait', { ended: 'throttled' }, 'retry', 'action_throttled'],
  ['is not there', undefined, 'permanent', 'custom_phone_provider_action_not_deployed'],
]

for (const [what, end, outcome, code] of table) {
  test(`an Action that ${what} ends a try as ${outcome}`, async () => {
    const delivery = await send(end)

    assert.equal(delivery.outcome, outcome)
    if (delivery.outcome !== 'accepted') assert.equal(delivery.cause.code, code)
  })
}
