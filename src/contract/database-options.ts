import { type Static, Type } from 'typebox'
import { nullable, nullableEnum } from './nullable.ts'

/** The options of a connection of strategy `auth0`. Source: management-api 6.5. */

const closed = { additionalProperties: false } as const
const open = { additionalProperties: true } as const
const Flag = Type.Optional(Type.Boolean())
const Active = Type.Optional(Type.Object({ active: Flag }, closed))
const Enabled = Type.Optional(Type.Object({ enabled: Flag }, closed))

const signup = (verification: boolean) =>
  Type.Optional(
    Type.Object(
      {
        status: Type.Optional(Type.Enum(['required', 'optional', 'inactive'])),
        ...(verification && { verification: Active }),
      },
      closed,
    ),
  )

const identifier = (...methods: string[]) =>
  Type.Optional(
    Type.Object({ active: Flag, default_method: Type.Optional(Type.Enum(methods)) }, closed),
  )

const length = Type.Optional(Type.Integer({ minimum: 1, maximum: 128 }))

/** What people are called by. Numbers are unique in a connection and proved by a code, always. */
export const DatabaseAttributes = Type.Object(
  {
    email: Type.Optional(
      Type.Object(
        {
          identifier: identifier('password', 'email_otp'),
          unique: Flag,
          profile_required: Flag,
          verification_method: Type.Optional(Type.Enum(['link', 'otp'])),
          signup: signup(true),
        },
        closed,
      ),
    ),
    phone_number: Type.Optional(
      Type.Object(
        {
          identifier: identifier('password', 'phone_otp'),
          profile_required: Flag,
          signup: signup(true),
        },
        closed,
      ),
    ),
    username: Type.Optional(
      Type.Object(
        {
          identifier: identifier('password'),
          profile_required: Flag,
          signup: signup(false),
          validation: Type.Optional(
            Type.Object(
              {
                min_length: length,
                max_length: length,
                allowed_types: Type.Optional(
                  Type.Object({ email: Flag, phone_number: Flag }, closed),
                ),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type DatabaseAttributes = Static<typeof DatabaseAttributes>

const passwordOptions = Type.Object(
  {
    complexity: Type.Optional(
      Type.Object(
        {
          min_length: Type.Optional(Type.Integer({ minimum: 1, maximum: 72 })),
          character_types: Type.Optional(
            Type.Array(Type.Enum(['uppercase', 'lowercase', 'number', 'special']), {
              uniqueItems: true,
            }),
          ),
          character_type_rule: Type.Optional(Type.Enum(['all', 'three_of_four'])),
          identical_characters: Type.Optional(Type.Enum(['allow', 'block'])),
          sequential_characters: Type.Optional(Type.Enum(['allow', 'block'])),
          max_length_exceeded: Type.Optional(Type.Enum(['truncate', 'error'])),
        },
        open,
      ),
    ),
    dictionary: Type.Optional(Type.Object({ active: Flag }, open)),
    history: Type.Optional(
      Type.Object(
        { active: Flag, size: Type.Optional(Type.Integer({ minimum: 0, maximum: 24 })) },
        open,
      ),
    ),
    profile_data: Type.Optional(Type.Object({ active: Flag }, open)),
  },
  open,
)

/** Members that it does not name are stored and shown, as the original does. */
export const DatabaseOptions = Type.Object(
  {
    attributes: Type.Optional(nullable(DatabaseAttributes)),
    precedence: Type.Optional(
      Type.Array(Type.Enum(['email', 'phone_number', 'username']), { uniqueItems: true }),
    ),
    authentication_methods: Type.Optional(
      nullable(
        Type.Object(
          {
            password: Type.Optional(
              Type.Object(
                {
                  enabled: Flag,
                  api_behavior: Type.Optional(Type.Enum(['required', 'optional'])),
                  signup_behavior: Type.Optional(Type.Enum(['allow', 'block'])),
                },
                closed,
              ),
            ),
            passkey: Enabled,
            email_otp: Enabled,
            phone_otp: Enabled,
          },
          closed,
        ),
      ),
    ),
    passkey_options: Type.Optional(
      nullable(
        Type.Object(
          {
            challenge_ui: Type.Optional(Type.Enum(['both', 'autofill', 'button'])),
            progressive_enrollment_enabled: Flag,
            local_enrollment_enabled: Flag,
          },
          closed,
        ),
      ),
    ),
    passwordPolicy: Type.Optional(nullableEnum(['none', 'low', 'fair', 'good', 'excellent'])),
    password_complexity_options: Type.Optional(
      nullable(Type.Object({ min_length: length }, closed)),
    ),
    password_history: Type.Optional(
      nullable(
        Type.Object(
          {
            enable: Type.Boolean(),
            size: Type.Optional(Type.Integer({ minimum: 0, maximum: 24 })),
          },
          closed,
        ),
      ),
    ),
    password_dictionary: Type.Optional(
      nullable(
        Type.Object(
          {
            enable: Type.Boolean(),
            dictionary: Type.Optional(
              Type.Array(Type.String({ maxLength: 50 }), { maxItems: 200 }),
            ),
          },
          closed,
        ),
      ),
    ),
    password_no_personal_info: Type.Optional(
      nullable(Type.Object({ enable: Type.Boolean() }, closed)),
    ),
    password_options: Type.Optional(nullable(passwordOptions)),
    requires_username: Type.Optional(Type.Boolean()),
    validation: Type.Optional(
      nullable(
        Type.Object(
          {
            username: Type.Optional(
              nullable(
                Type.Object(
                  {
                    min: Type.Integer({ minimum: 1, maximum: 128 }),
                    max: Type.Integer({ minimum: 1, maximum: 128 }),
                  },
                  closed,
                ),
              ),
            ),
          },
          closed,
        ),
      ),
    ),
    brute_force_protection: Type.Optional(nullable(Type.Boolean())),
    disable_signup: Type.Optional(nullable(Type.Boolean())),
    disable_self_service_change_password: Flag,
    mfa: Type.Optional(
      nullable(Type.Object({ active: Type.Boolean(), return_enroll_settings: Flag }, closed)),
    ),
    strategy_version: Type.Optional(nullable(Type.Integer())),
    import_mode: Flag,
    enabledDatabaseCustomization: Flag,
    customScripts: Type.Optional(nullable(Type.Object({}, open))),
    configuration: Type.Optional(nullable(Type.Object({}, open))),
    non_persistent_attrs: Type.Optional(
      Type.Array(Type.String({ maxLength: 255 }), { maxItems: 96 }),
    ),
    upstream_params: Type.Optional(nullable(Type.Object({}, open))),
  },
  open,
)
export type DatabaseOptions = Static<typeof DatabaseOptions>
