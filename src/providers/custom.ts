import { type Static, Type } from 'typebox'
import type { ActionResult } from '../contract/actions.ts'
import { deliveryMethods } from '../contract/notifications.ts'
import type { Delivery, PhoneProviderKind } from './phone-provider.ts'

/** The keys of Twilio may be left over from before a change of kind. Source: recorded calls. */
export const CustomConfiguration = Type.Object(
  {
    delivery_methods: Type.Array(Type.Enum(deliveryMethods), {
      title: 'Delivery methods',
      minItems: 1,
      uniqueItems: true,
    }),
    sid: Type.Optional(Type.String()),
    default_from: Type.Optional(Type.String()),
    mssid: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)
export type CustomConfiguration = Static<typeof CustomConfiguration>

/** Open: the secrets belong to the Action, and what a former kind left is ignored. */
export const CustomCredentials = Type.Object({})
export type CustomCredentials = Static<typeof CustomCredentials>

/**
 * The tenant's own code, an Action for the trigger `custom-phone-provider`. It says by `api.notification`
 * whether the message failed; what it does not say was sent.
 *
 * Nothing is repeated after an error, a time-out or the end of the process: the code may have handed the
 * message over, and a second code confuses people.
 */
export const custom = {
  name: 'custom' as const,
  limitMs: 20_000,
  deliveryMethods,
  configuration: CustomConfiguration,
  credentials: CustomCredentials,

  async send(_notification, _settings, tools): Promise<Delivery> {
    const result = await tools.runAction()
    return result === undefined ? notDeployed : deliveryOfRun(result)
  },
} satisfies PhoneProviderKind<CustomConfiguration, CustomCredentials>

const notDeployed: Delivery = {
  outcome: 'permanent',
  cause: {
    code: 'custom_phone_provider_action_not_deployed',
    text: 'There is no deployed Action that sends phone messages.',
    hint: 'Deploy an Action for the custom phone provider, or configure another provider.',
  },
}

const seeLog = 'See the entry actions_execution_failed in the tenant log.'

/** What the end of a run means for the message that it was to send. */
export function deliveryOfRun(result: ActionResult): Delivery {
  const { ended, verdict } = result
  const settled = ended === 'returned' || ended === 'threw'
  if (settled && verdict !== undefined) {
    const text = verdict.reason === '' ? 'The Action gave no reason.' : verdict.reason
    return verdict.type === 'retry'
      ? failure('retry', 'action_retry', text, 'The Action asked to be called again.')
      : failure('permanent', 'action_drop', text, 'The Action refused the message.')
  }
  switch (ended) {
    case 'returned':
      return { outcome: 'accepted' }
    case 'threw':
      return failure('permanent', 'action_error', 'The Action failed with an error.', seeLog)
    case 'timed_out':
      return failure('permanent', 'action_timeout', 'The Action took too long.', seeLog)
    case 'killed':
      return failure(
        'unknown',
        'result_unknown',
        'The process of the Action ended while it ran; the message may have been sent.',
        seeLog,
      )
    case 'throttled':
      return failure(
        'retry',
        'action_throttled',
        'The tenant runs too many Actions at once.',
        'Messages wait and are tried again; make the Action faster.',
      )
    case 'not_started':
      return failure('retry', 'action_not_started', 'The Action could not be started.', seeLog)
  }
}

const failure = (
  outcome: 'retry' | 'permanent' | 'unknown',
  code: string,
  text: string,
  hint: string,
): Delivery => ({ outcome, cause: { code, text, hint } })
