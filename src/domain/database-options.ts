import { AppError } from '../base/app-error.ts'
import type { DatabaseAttributes, DatabaseOptions } from '../contract/database-options.ts'

const refuse = (message: string) => new AppError('invalid_body', { message })

const attributeNames = ['email', 'phone_number', 'username'] as const

/**
 * The options of a new database connection, with what the original fills in. A change replaces them as a
 * whole and fills in nothing.
 *
 * Source: management-api 6.5, recorded.
 */
export const newDatabaseOptions = (options: DatabaseOptions): DatabaseOptions => ({
  mfa: { active: true, return_enroll_settings: true },
  ...(options.password_options == null && { passwordPolicy: 'good' }),
  passkey_options: {
    challenge_ui: 'both',
    local_enrollment_enabled: true,
    progressive_enrollment_enabled: true,
  },
  strategy_version: 2,
  brute_force_protection: true,
  ...options,
  authentication_methods: {
    ...options.authentication_methods,
    password: {
      ...{ enabled: true, api_behavior: 'required', signup_behavior: 'allow' },
      ...options.authentication_methods?.password,
    },
    passkey: { enabled: false, ...options.authentication_methods?.passkey },
  },
})

/**
 * What of the options excludes each other. Source: management-api 6.6, recorded texts where there are any.
 *
 * @param before what the connection had; undefined for a new one
 * @throws AppError `invalid_body`
 */
export function checkDatabaseOptions(
  options: DatabaseOptions,
  before: DatabaseOptions | undefined,
): void {
  if (options.attributes != null) assertAttributes(options, options.attributes, before)
  assertMethods(options)
  const older = [
    'passwordPolicy',
    'password_complexity_options',
    'password_history',
    'password_dictionary',
    'password_no_personal_info',
  ] as const
  if (options.password_options == null) return
  const both = older.find((name) => options[name] != null)
  if (both !== undefined)
    throw refuse(`Cannot set both options.password_options and options.${both}`)
}

function assertAttributes(
  options: DatabaseOptions,
  attributes: DatabaseAttributes,
  before: DatabaseOptions | undefined,
): void {
  if (options.requires_username === true) {
    throw refuse('Cannot set both options.attributes and options.requires_username')
  }
  if (options.validation != null) {
    throw refuse('Cannot set both options.attributes and options.validation')
  }
  if (!attributeNames.some((name) => attributes[name]?.identifier?.active === true)) {
    throw refuse('attributes must contain one active identifier')
  }
  for (const name of attributeNames) {
    const attribute = attributes[name]
    if (attribute?.profile_required === true && attribute.signup?.status !== 'required') {
      throw refuse(`attribute ${name} must also be required on signup`)
    }
  }
  const addsEmail = before !== undefined && before.attributes?.email === undefined
  if (addsEmail && attributes.email?.unique === false) {
    throw refuse('cannot add non-unique email attribute')
  }
  const { min_length: least = 1, max_length: most = 128 } = attributes.username?.validation ?? {}
  if (least > most) throw refuse('username validation min_length is above max_length')
}

function assertMethods({ authentication_methods: methods }: DatabaseOptions): void {
  const { password, email_otp, phone_otp } = methods ?? {}
  if (password?.enabled === false && !(email_otp?.enabled || phone_otp?.enabled)) {
    throw refuse('Disabling the password needs phone_otp or email_otp enabled')
  }
  if (password?.signup_behavior === 'block' && password.api_behavior !== 'optional') {
    throw refuse('A signup_behavior of block needs an api_behavior of optional')
  }
}
