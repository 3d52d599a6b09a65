import { type Static, Type } from 'typebox'
import { actionTriggers } from './actions.ts'
import { actionList } from './lists.ts'

/** Actions as `/api/v2/actions` shows them. Source: SDK types of `auth0` 7 and recorded answers. */

const Time = Type.String({ format: 'date-time' })
const Text = Type.Optional(Type.String())
const Open = Type.Object({}, { additionalProperties: true })

const TriggerId = Type.Enum(actionTriggers)
const SupportedTriggers = Type.Array(Type.Object({ id: TriggerId, version: Type.String() }))
const Dependencies = Type.Array(
  Type.Object({ name: Type.String(), version: Text, registry_url: Text }),
)
const BuildErrors = Type.Array(Type.Object({ id: Text, msg: Text, url: Text }))

/** Values of secrets are never shown. */
const Secrets = Type.Array(Type.Object({ name: Type.String(), updated_at: Time }))

const version = {
  id: Type.String(),
  action_id: Type.String(),
  number: Type.Integer({ minimum: 1 }),
  code: Type.String(),
  dependencies: Dependencies,
  runtime: Type.String(),
  secrets: Secrets,
  status: Type.Literal('built'),
  deployed: Type.Boolean(),
  supported_triggers: SupportedTriggers,
  built_at: Time,
  created_at: Time,
  updated_at: Time,
}

/** A version of an Action: what ran, or runs. */
export const ActionVersionView = Type.Object(version, { title: 'ActionVersion' })
export type ActionVersionView = Static<typeof ActionVersionView>

/** A version beside the Action it belongs to, as deploying answers. */
export const DeployedVersionView = Type.Object(
  {
    ...version,
    action: Type.Object({
      id: Type.String(),
      name: Type.String(),
      supported_triggers: SupportedTriggers,
      created_at: Time,
      updated_at: Time,
      all_changes_deployed: Type.Boolean(),
    }),
  },
  { title: 'ActionVersionWithAction' },
)
export type DeployedVersionView = Static<typeof DeployedVersionView>

/** An Action: its draft, and the version that is deployed. */
export const ActionView = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    supported_triggers: SupportedTriggers,
    code: Type.String(),
    dependencies: Dependencies,
    runtime: Type.String(),
    secrets: Secrets,
    status: Type.Enum(['pending', 'building', 'packaged', 'built', 'retrying', 'failed']),
    all_changes_deployed: Type.Boolean(),
    created_at: Time,
    updated_at: Time,
    built_at: Type.Optional(Time),
    /** Why the last build failed. */
    errors: Type.Optional(BuildErrors),
    /** The deployed version once more, in an older shape. */
    current_version: Type.Optional(
      Type.Object({
        id: Type.String(),
        code: Type.String(),
        runtime: Type.String(),
        status: Type.Literal('BUILT'),
        number: Type.Integer({ minimum: 1 }),
        build_time: Time,
        created_at: Time,
        updated_at: Time,
      }),
    ),
    deployed_version: Type.Optional(ActionVersionView),
  },
  { title: 'Action' },
)
export type ActionView = Static<typeof ActionView>

/** A binding of an Action to a trigger. */
export const ActionBindingView = Type.Object(
  {
    id: Type.String(),
    trigger_id: TriggerId,
    display_name: Type.String(),
    action: ActionView,
    created_at: Time,
    updated_at: Time,
  },
  { title: 'ActionBinding' },
)

/** `GET /api/v2/actions/triggers`. */
export const TriggerList = Type.Object({
  triggers: Type.Array(
    Type.Object(
      {
        id: TriggerId,
        version: Type.String(),
        status: Type.Enum(['CURRENT', 'DEPRECATED']),
        runtimes: Type.Array(Type.String()),
        default_runtime: Type.String(),
        binding_policy: Type.Literal('trigger-bound'),
        compatible_triggers: SupportedTriggers,
      },
      { title: 'Trigger' },
    ),
  ),
})

/** What became of one run. */
export const ActionExecutionView = Type.Object(
  {
    id: Type.String(),
    trigger_id: TriggerId,
    status: Type.Enum(['unspecified', 'pending', 'final', 'partial', 'canceled', 'suspended']),
    results: Type.Array(
      Type.Object({
        action_name: Type.String(),
        error: Type.Union([
          Type.Object({ id: Type.String(), msg: Type.String(), url: Type.String() }),
          Type.Null(),
        ]),
        started_at: Time,
        ended_at: Time,
      }),
    ),
    created_at: Time,
    updated_at: Time,
  },
  { title: 'ActionExecution' },
)

/** `POST /api/v2/actions/actions/{id}/test`: what the draft did with the event, an error included. */
export const ActionTestReply = Type.Object({ payload: Open })

export const ActionList = actionList('actions', ActionView)
export const ActionVersionList = actionList('versions', ActionVersionView)
export const ActionBindingList = actionList('bindings', ActionBindingView)
export const ActionBindings = Type.Object({ bindings: Type.Array(ActionBindingView) })
export const ModuleList = Type.Object({
  modules: Type.Array(Type.Object({}), { maxItems: 0 }),
  total: Type.Integer(),
  page: Type.Integer(),
  per_page: Type.Integer(),
})
