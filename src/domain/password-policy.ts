import { AppError } from '../base/app-error.ts'
import { hashPassword, isPassword, saltBytes } from '../base/password-hash.ts'
import type { DatabaseOptions } from '../contract/database-options.ts'
import type { UserPasswordRow } from '../store/user-passwords.ts'
import { databaseOptions } from './database-identifiers.ts'
import type { Deps } from './deps.ts'
import type { Connection } from './tenant.ts'

/** What a password must be like, whichever of the two generations of options says so. */
export type PasswordPolicy = {
  minLength: number
  /** Of lower case, upper case, digits and others: these must all be there … */
  types: readonly CharacterType[]
  /** … or any three of the four. */
  threeOfFour: boolean
  /** More than two of one character in a row are allowed. */
  identical: boolean
  /** Runs like `abc` and `321` are allowed. */
  sequential: boolean
  /** Words that no password may be, in lower case. */
  words: ReadonlySet<string>
  /** What people say of themselves may stand in it. */
  personal: boolean
  /** How many former passwords may not come again. */
  history: number
}

const patterns = {
  lowercase: /\p{Ll}/u,
  uppercase: /\p{Lu}/u,
  number: /\p{Nd}/u,
  special: /[^\p{L}\p{Nd}]/u,
}
type CharacterType = keyof typeof patterns

/** Rules of `passwordPolicy`; `min_length` replaces the length. Source: management-api 6.5. */
const levels = {
  none: { minLength: 1, types: [], threeOfFour: false, identical: true },
  low: { minLength: 6, types: [], threeOfFour: false, identical: true },
  fair: {
    minLength: 8,
    types: ['lowercase', 'uppercase', 'number'],
    threeOfFour: false,
    identical: true,
  },
  good: { minLength: 8, types: [], threeOfFour: true, identical: true },
  excellent: { minLength: 10, types: [], threeOfFour: true, identical: false },
} as const satisfies Record<string, Partial<PasswordPolicy>>

/** The policy of a connection's options. */
export function passwordPolicy(options: DatabaseOptions): PasswordPolicy {
  const { password_options: newer, password_dictionary, password_history } = options
  if (newer != null) return newerPolicy(newer)
  const level = levels[options.passwordPolicy ?? 'none']
  const { dictionary = [], enable: hasWords = false } = password_dictionary ?? {}
  return {
    ...level,
    minLength: options.password_complexity_options?.min_length ?? level.minLength,
    sequential: true,
    words: new Set(hasWords ? dictionary.map((word) => word.toLowerCase()) : []),
    personal: options.password_no_personal_info?.enable !== true,
    history: password_history?.enable === true ? (password_history.size ?? 5) : 0,
  }
}

function newerPolicy({
  complexity = {},
  dictionary,
  history,
  profile_data,
}: NonNullable<DatabaseOptions['password_options']>): PasswordPolicy {
  const custom = Object(dictionary).custom as readonly string[] | undefined // checked when written
  return {
    minLength: complexity.min_length ?? 15,
    types: complexity.character_types ?? [],
    threeOfFour: complexity.character_type_rule === 'three_of_four',
    identical: complexity.identical_characters !== 'block',
    sequential: complexity.sequential_characters !== 'block',
    words: new Set(dictionary?.active ? custom?.map((word) => word.toLowerCase()) : []),
    personal: profile_data?.active !== true,
    history: history?.active ? (history.size ?? 5) : 0,
  }
}

/** What is known of the person who chooses a password. */
export type PersonalInfo = Readonly<Record<string, unknown>>

/** Why a password will not do; undefined when it does. Whether it came before is not asked here. */
export function passwordProblem(
  policy: PasswordPolicy,
  password: string,
  person: PersonalInfo,
): 'weak' | 'common' | 'personal' | undefined {
  const length = [...password].length
  const has = (type: CharacterType) => patterns[type].test(password)
  const kinds = (['lowercase', 'uppercase', 'number', 'special'] as const).filter(has).length
  const isWeak =
    length < policy.minLength ||
    (policy.threeOfFour ? kinds < 3 : !policy.types.every(has)) ||
    (!policy.identical && /(.)\1\1/su.test(password)) ||
    (!policy.sequential && hasRun(password))
  if (isWeak) return 'weak'
  const lower = password.toLowerCase()
  if (policy.words.has(lower)) return 'common'
  return policy.personal || !tellsOf(lower, person) ? undefined : 'personal'
}

/** Three characters that follow each other up or down. */
function hasRun(password: string): boolean {
  const points = [...password].map((character) => character.codePointAt(0) ?? 0)
  return points.some((point, index) => {
    const [next, last] = [points[index + 1], points[index + 2]]
    if (next === undefined || last === undefined) return false
    return Math.abs(next - point) === 1 && last - next === next - point
  })
}

/** Names and addresses count from three letters on; shorter ones stand in every other password. */
const tellsOf = (lower: string, person: PersonalInfo): boolean =>
  Object.values(person)
    .filter((value) => typeof value === 'string')
    .flatMap((value) => [value, ...value.split('@', 1)])
    .some((value) => value.length >= 3 && lower.includes(value.toLowerCase()))

const refusals = {
  weak: 'PasswordStrengthError: Password is too weak',
  common: 'PasswordDictionaryError: Password is too common',
  personal: 'PasswordNoUserInfoError: Password contains user information',
  former: 'PasswordHistoryError: Password has previously been used',
}

/**
 * Hashes a new password that the connection's policy allows.
 *
 * @param stored the password that it replaces
 * @returns the hash, and the hashes that may not come again
 * @throws AppError `invalid_body` with the name of the rule
 */
export async function newPassword(
  deps: Deps,
  connection: Pick<Connection, 'options'>,
  password: string,
  person: PersonalInfo,
  stored?: UserPasswordRow,
): Promise<{ hash: string; former: string[] }> {
  const policy = passwordPolicy(databaseOptions(connection))
  const problem = passwordProblem(policy, password, person)
  if (problem !== undefined) throw new AppError('invalid_body', { message: refusals[problem] })
  const former =
    stored === undefined ? [] : [stored.password_hash, ...stored.former].slice(0, policy.history)
  for (const hash of former) {
    if (await isPassword(password, hash)) {
      throw new AppError('invalid_body', { message: refusals.former })
    }
  }
  return { hash: await hashPassword(password, deps.random.bytes(saltBytes)), former }
}
