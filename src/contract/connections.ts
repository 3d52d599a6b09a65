import { type Static, Type } from 'typebox'
import { DatabaseOptions } from './database-options.ts'
import { nullable, nullableEnum } from './nullable.ts'

/** `/api/v2/connections`. Source: Auth0's Management API v2. */

/** The strategies that a connection can have here. */
export const connectionStrategies = ['sms', 'auth0'] as const

const Text = (maxLength: number) => Type.Optional(nullable(Type.String({ maxLength })))
const Flag = Type.Optional(nullable(Type.Boolean()))

/**
 * Options of strategy `sms`. `totp`, `disable_signup`, `brute_force_protection` and
 * `use_phone_provider` act always; the rest is the older way of sending, which acts where the connection
 * sends by itself, and is shown as it was sent. The forms of carrier ids are not checked: the original
 * accepts any.
 */
export const SmsOptions = Type.Object(
  {
    name: Text(255),
    from: Text(128),
    syntax: Type.Optional(nullableEnum(['liquid', 'md_with_macros'])),
    template: Text(5120),
    totp: Type.Optional(
      Type.Object(
        {
          /** Digits of a code. */
          length: Type.Optional(Type.Integer({ minimum: 4, maximum: 40 })),
          /** Seconds that a code lives. */
          time_step: Type.Optional(Type.Integer({ minimum: 60, maximum: 86_400 })),
        },
        { additionalProperties: false },
      ),
    ),
    twilio_sid: Text(2048),
    twilio_token: Text(2048),
    messaging_service_sid: Text(2048),
    provider: Type.Optional(nullableEnum(['sms_gateway', 'twilio'])),
    gateway_url: Text(255),
    gateway_authentication: Type.Optional(
      nullable(
        Type.Object(
          {
            method: Type.String({ maxLength: 20 }),
            audience: Type.String({ maxLength: 128 }),
            secret: Type.String({ maxLength: 5120 }),
            secret_base64_encoded: Type.Optional(Type.Boolean()),
            subject: Type.Optional(Type.String({ maxLength: 64 })),
          },
          { additionalProperties: true },
        ),
      ),
    ),
    /** Tools write the word too. */
    forward_req_info: Type.Optional(
      Type.Unsafe<boolean | 'true' | 'false' | null>({
        enum: [true, false, 'true', 'false', null],
      }),
    ),
    disable_signup: Flag,
    brute_force_protection: Flag,
    non_persistent_attrs: Type.Optional(
      Type.Array(Type.String({ maxLength: 255 }), { maxItems: 96 }),
    ),
    upstream_params: Type.Optional(nullable(Type.Object({}, { additionalProperties: true }))),
    /** The switch to the tenant's phone provider; some tools write the word. */
    use_phone_provider: Type.Optional(
      Type.Unsafe<boolean | 'unified' | null>({ enum: [true, false, 'unified', null] }),
    ),
  },
  { additionalProperties: true },
)
export type SmsOptions = Static<typeof SmsOptions>

/**
 * The members of both strategies in one open object: a change of a connection does not name the strategy,
 * and what belongs to the other one is stored and shown like any member that stands in no table.
 */
export const ConnectionOptions = Type.Object(
  { ...DatabaseOptions.properties, ...SmsOptions.properties },
  { additionalProperties: true },
)
export type ConnectionOptions = Static<typeof ConnectionOptions>

const ClientIds = Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 10_000 })

const members = {
  display_name: Type.String({ maxLength: 128 }),
  options: ConnectionOptions,
  is_domain_connection: Type.Boolean(),
  show_as_button: Type.Boolean(),
  realms: Type.Array(Type.String({ maxLength: 128 }), { maxItems: 100 }),
  metadata: Type.Record(
    Type.String({ maxLength: 255 }),
    Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: 255 }),
    { maxProperties: 10 },
  ),
  authentication: Type.Object({ active: Type.Boolean() }, { additionalProperties: false }),
  connected_accounts: Type.Object(
    { active: Type.Boolean(), cross_app_access: Type.Optional(Type.Unknown()) },
    { additionalProperties: false },
  ),
}

/** `POST /api/v2/connections`. */
export const ConnectionCreate = Type.Object(
  {
    ...Type.Partial(Type.Object(members)).properties,
    name: Type.String({
      minLength: 1,
      maxLength: 128,
      pattern: '^[a-zA-Z0-9](-[a-zA-Z0-9]|[a-zA-Z0-9])*$',
    }),
    strategy: Type.Enum(connectionStrategies),
    enabled_clients: Type.Optional(ClientIds),
  },
  { additionalProperties: false },
)
export type ConnectionCreate = Static<typeof ConnectionCreate>

/** `PATCH /api/v2/connections/{id}`: `options` is replaced as a whole. */
export const ConnectionPatch = Type.Object(
  {
    ...Type.Partial(Type.Object(members)).properties,
    enabled_clients: Type.Optional(nullable(ClientIds)),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type ConnectionPatch = Static<typeof ConnectionPatch>

/** `PATCH /api/v2/connections/{id}/clients`: each client on or off. */
export const EnabledClientsPatch = Type.Array(
  Type.Object(
    { client_id: Type.String({ minLength: 1, maxLength: 200 }), status: Type.Boolean() },
    { additionalProperties: false },
  ),
  { minItems: 1, maxItems: 50 },
)
export type EnabledClientsPatch = Static<typeof EnabledClientsPatch>
