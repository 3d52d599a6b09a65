import { type Static, Type } from 'typebox'
import { actionLimits, type actionTriggers } from './actions.ts'

/** Bodies of the Management API for Actions. Source: SDK types of `auth0` 7 and recorded calls. */

const Trigger = Type.Object({
  id: Type.String({ maxLength: 100 }),
  version: Type.Optional(Type.String({ maxLength: 20 })),
})

const Dependency = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 214 }),
  version: Type.Optional(Type.String({ maxLength: 100 })),
  registry_url: Type.Optional(Type.String({ maxLength: 500 })),
})

const Secret = Type.Object({
  name: Type.String({ minLength: 1, maxLength: actionLimits.secretNameLength }),
  value: Type.Optional(Type.String({ maxLength: actionLimits.secretValueLength })),
  updated_at: Type.Optional(Type.String({ maxLength: 40 })),
})

const members = {
  code: Type.Optional(Type.String({ maxLength: actionLimits.codeBytes })),
  dependencies: Type.Optional(Type.Array(Dependency, { maxItems: actionLimits.dependencies })),
  runtime: Type.Optional(
    Type.Enum(['node12', 'node16', 'node18', 'node18-actions', 'node20', 'node22']),
  ),
  secrets: Type.Optional(Type.Array(Secret, { maxItems: actionLimits.secrets })),
  modules: Type.Optional(Type.Array(Type.Object({}), { maxItems: 3 })),
}

export const ActionCreate = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 255 }),
    supported_triggers: Type.Array(Trigger, { minItems: 1, maxItems: 1 }),
    ...members,
    deploy: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
export type ActionCreate = Static<typeof ActionCreate>

export const ActionPatch = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    supported_triggers: Type.Optional(Type.Array(Trigger, { minItems: 1, maxItems: 1 })),
    ...members,
  },
  { additionalProperties: false },
)
export type ActionPatch = Static<typeof ActionPatch>

export const ActionTest = Type.Object({ payload: Type.Record(Type.String(), Type.Unknown()) })

export const BindingsPatch = Type.Object(
  {
    bindings: Type.Array(
      Type.Object({
        ref: Type.Object({
          type: Type.Enum(['action_id', 'action_name', 'binding_id']),
          value: Type.String({ maxLength: 255 }),
        }),
        display_name: Type.Optional(Type.String({ maxLength: 255 })),
        secrets: Type.Optional(Type.Array(Secret, { maxItems: actionLimits.secrets })),
      }),
      { maxItems: 20 },
    ),
  },
  { additionalProperties: false },
)
export type BindingsPatch = Static<typeof BindingsPatch>

/** One trigger in one version, as the API lists them. */
export type TriggerView = {
  id: (typeof actionTriggers)[number]
  version: string
  status: 'CURRENT' | 'DEPRECATED'
  runtimes: readonly string[]
  default_runtime: string
  binding_policy: 'trigger-bound'
  compatible_triggers: readonly { id: string; version: string }[]
}

const trigger = (
  id: TriggerView['id'],
  version: string,
  status: TriggerView['status'] = 'CURRENT',
): TriggerView => ({
  id,
  version,
  status,
  runtimes: status === 'CURRENT' ? ['node18-actions', 'node22'] : ['node22'],
  default_runtime: 'node22',
  binding_policy: 'trigger-bound',
  compatible_triggers: [],
})

/** The triggers that this server runs. */
export const triggerViews: readonly TriggerView[] = [
  trigger('custom-phone-provider', 'v1'),
  trigger('send-phone-message', 'v2'),
  trigger('send-phone-message', 'v1', 'DEPRECATED'),
]
