import { type Static, Type } from 'typebox'

/** `GET|PATCH /api/v2/phone/protection`: how many messages may leave, and to which kinds of number. */

/** `count` messages per `per_s` seconds, as a token bucket; null for no limit. */
const Limit = Type.Union([
  Type.Object(
    {
      count: Type.Integer({ minimum: 1, maximum: 1_000_000_000 }),
      per_s: Type.Integer({ minimum: 1, maximum: 2_592_000 }),
    },
    { additionalProperties: false },
  ),
  Type.Null(),
])

/** The kinds that may be refused, in libphonenumber's words, and codes that belong to no country. */
export const refusableTypes = [
  'PREMIUM_RATE',
  'SHARED_COST',
  'UAN',
  'PAGER',
  'VOICEMAIL',
  'TOLL_FREE',
  'PERSONAL_NUMBER',
  'VOIP',
  'FIXED_LINE',
  'NO_COUNTRY',
] as const

export const PhoneProtection = Type.Object(
  {
    number: Limit,
    address: Limit,
    application: Limit,
    country: Limit,
    tenant: Limit,
    refused_types: Type.Array(Type.Enum(refusableTypes), { uniqueItems: true }),
  },
  { additionalProperties: false },
)
export type PhoneProtection = Static<typeof PhoneProtection>

export const PhoneProtectionPatch = Type.Partial(PhoneProtection, {
  additionalProperties: false,
  minProperties: 1,
})

/** What a new tenant starts with. Source: product decision D5. */
export const defaultPhoneProtection: PhoneProtection = {
  number: { count: 5, per_s: 600 },
  address: { count: 50, per_s: 3600 },
  application: { count: 60, per_s: 60 },
  country: { count: 60, per_s: 60 },
  tenant: { count: 100, per_s: 60 },
  refused_types: [
    'PREMIUM_RATE',
    'SHARED_COST',
    'UAN',
    'PAGER',
    'VOICEMAIL',
    'TOLL_FREE',
    'PERSONAL_NUMBER',
    'NO_COUNTRY',
  ],
}

/** `/api/v2/attack-protection/brute-force-protection`. */
export const BruteForceProtection = Type.Object(
  {
    enabled: Type.Boolean(),
    shields: Type.Array(Type.Enum(['block', 'user_notification'])),
    allowlist: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100 }),
    mode: Type.Enum(['count_per_identifier_and_ip', 'count_per_identifier']),
    max_attempts: Type.Integer({ minimum: 1, maximum: 100 }),
  },
  { additionalProperties: false },
)
export type BruteForceProtection = Static<typeof BruteForceProtection>

const closed = { additionalProperties: false }

const stage = (maxAttempts: number, minRate: number) =>
  Type.Object(
    {
      max_attempts: Type.Integer({ minimum: 1, maximum: maxAttempts }),
      rate: Type.Integer({ minimum: minRate, maximum: 86_400_000 }),
    },
    { additionalProperties: false },
  )

/** `/api/v2/attack-protection/suspicious-ip-throttling`. */
export const SuspiciousIpThrottling = Type.Object(
  {
    enabled: Type.Boolean(),
    shields: Type.Array(Type.Enum(['block', 'admin_notification'])),
    allowlist: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100 }),
    stage: Type.Object(
      {
        'pre-login': stage(2500, 34_560),
        'pre-user-registration': stage(72_000, 1200),
        'pre-custom-token-exchange': stage(72_000, 1200),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
)
export type SuspiciousIpThrottling = Static<typeof SuspiciousIpThrottling>

const breachShields = ['block', 'user_notification', 'admin_notification'] as const
const BreachStage = Type.Object(
  { shields: Type.Array(Type.Enum(['block', 'admin_notification'])) },
  { additionalProperties: false },
)

/** `/api/v2/attack-protection/breached-password-detection`. */
export const BreachedPasswordDetection = Type.Object(
  {
    enabled: Type.Boolean(),
    shields: Type.Array(Type.Enum(breachShields)),
    admin_notification_frequency: Type.Array(
      Type.Enum(['immediately', 'daily', 'weekly', 'monthly']),
    ),
    method: Type.Enum(['standard', 'enhanced']),
    stage: Type.Object(
      { 'pre-user-registration': BreachStage, 'pre-change-password': BreachStage },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
)
export type BreachedPasswordDetection = Static<typeof BreachedPasswordDetection>

/** `/api/v2/attack-protection/phone-provider-protection`; `none` is the former name of `default`. */
export const PhoneProviderProtectionPatch = Type.Object(
  { type: Type.Enum(['default', 'none', 'exponential']) },
  { additionalProperties: false },
)
export const PhoneProviderProtection = Type.Object({ type: Type.Enum(['default', 'exponential']) })
export type PhoneProviderProtection = Static<typeof PhoneProviderProtection>

export const BruteForceProtectionPatch = Type.Partial(BruteForceProtection, {
  additionalProperties: false,
})

/** One stage alone may be sent, and in it one member alone: the others stay as they are. */
export const SuspiciousIpThrottlingPatch = Type.Partial(
  Type.Object({
    ...SuspiciousIpThrottling.properties,
    stage: Type.Object(
      {
        'pre-login': Type.Optional(Type.Partial(stage(2500, 34_560), closed)),
        'pre-user-registration': Type.Optional(Type.Partial(stage(72_000, 1200), closed)),
        'pre-custom-token-exchange': Type.Optional(Type.Partial(stage(72_000, 1200), closed)),
      },
      closed,
    ),
  }),
  closed,
)

export const BreachedPasswordDetectionPatch = Type.Partial(
  Type.Object({
    ...BreachedPasswordDetection.properties,
    stage: Type.Partial(BreachedPasswordDetection.properties.stage, closed),
  }),
  closed,
)

/** Everything that `tenants.protection` holds; what came later may be missing in a stored one. */
export type Protection = {
  phone: PhoneProtection
  brute_force: BruteForceProtection
  suspicious_ip: SuspiciousIpThrottling
  breached_password?: BreachedPasswordDetection
  phone_provider?: PhoneProviderProtection
}

/** What a new tenant starts with. Source: Auth0's defaults. */
export const defaultProtection: Protection = {
  phone: defaultPhoneProtection,
  brute_force: {
    enabled: true,
    shields: ['block', 'user_notification'],
    allowlist: [],
    mode: 'count_per_identifier_and_ip',
    max_attempts: 10,
  },
  suspicious_ip: {
    enabled: true,
    shields: ['block', 'admin_notification'],
    allowlist: [],
    stage: {
      'pre-login': { max_attempts: 100, rate: 864_000 },
      'pre-user-registration': { max_attempts: 50, rate: 1_728_000 },
      'pre-custom-token-exchange': { max_attempts: 10, rate: 600_000 },
    },
  },
}

/** Off, because there are no passwords to look up yet; stored and shown all the same. */
export const defaultBreachedPasswordDetection: BreachedPasswordDetection = {
  enabled: false,
  shields: [],
  admin_notification_frequency: [],
  method: 'standard',
  stage: { 'pre-user-registration': { shields: [] }, 'pre-change-password': { shields: [] } },
}

/** Source: the original's initial value since SDK 6. */
export const defaultPhoneProviderProtection: PhoneProviderProtection = { type: 'default' }
