import { type Static, Type } from 'typebox'
import { nullable } from './nullable.ts'

/** `/api/v2/prompts`. Source: SDK types of `auth0` 7. */

export const PromptSettings = Type.Object(
  {
    universal_login_experience: Type.Enum(['new', 'classic']),
    identifier_first: Type.Boolean(),
    webauthn_platform_first_factor: Type.Boolean(),
  },
  { title: 'PromptSettings' },
)
export type PromptSettings = Static<typeof PromptSettings>

/** Null is the default again. */
export const PromptSettingsPatch = Type.Object(
  {
    universal_login_experience: Type.Optional(Type.Enum(['new', 'classic'])),
    identifier_first: Type.Optional(nullable(Type.Boolean())),
    webauthn_platform_first_factor: Type.Optional(nullable(Type.Boolean())),
  },
  { additionalProperties: false },
)
export type PromptSettingsPatch = Static<typeof PromptSettingsPatch>

/** Prompts whose screens this server may show, so their texts can be written. */
export const writablePrompts = [
  'brute-force-protection',
  'common',
  'consent',
  'login',
  'login-id',
  'login-password',
  'login-passwordless',
  'logout',
  'mfa',
  'mfa-otp',
  'mfa-phone',
  'mfa-recovery-code',
  'mfa-sms',
  'mfa-voice',
  'phone-identifier-challenge',
  'phone-identifier-enrollment',
  'reset-password',
  'signup',
  'signup-id',
  'signup-password',
  'status',
] as const

/** Every other prompt of the original: tools read their texts, of which there are none. */
const otherPrompts = [
  'async-approval-flow',
  'captcha',
  'confirmation',
  'custom-form',
  'customized-consent',
  'device-flow',
  'email-identifier-challenge',
  'email-otp-challenge',
  'email-verification',
  'invitation',
  'login-email-verification',
  'mfa-email',
  'mfa-login-options',
  'mfa-push',
  'mfa-webauthn',
  'organizations',
  'passkeys',
] as const

export const prompts = [...writablePrompts, ...otherPrompts] as const
export type Prompt = (typeof prompts)[number]
export type WritablePrompt = (typeof writablePrompts)[number]

/** Texts by screen and key. `var-` keys are the caller's own. */
export const CustomText = Type.Record(
  Type.String({ pattern: '^[a-z0-9-]{1,100}$' }),
  Type.Record(
    Type.String({ pattern: '^[A-Za-z0-9_.-]{1,200}$' }),
    Type.String({ maxLength: 5000 }),
    { additionalProperties: false, maxProperties: 300 },
  ),
  { additionalProperties: false, maxProperties: 50 },
)
export type CustomText = Static<typeof CustomText>
