import { parsePhoneNumber } from '../base/phone-number.ts'
import type { DatabaseOptions } from '../contract/database-options.ts'
import type { LoginNames } from '../store/user-passwords.ts'
import type { Connection } from './tenant.ts'

/** The attributes by which a person of a database can be known. */
export const userAttributes = ['email', 'phone_number', 'username'] as const
export type UserAttribute = (typeof userAttributes)[number]

type WithOptions = Pick<Connection, 'options'>

/** The options of a connection of strategy `auth0`. */
export const databaseOptions = ({ options }: WithOptions): DatabaseOptions =>
  options as DatabaseOptions // checked when they were written

/** The attributes by which a person may sign in; where two fit, the first counts. */
export function activeIdentifiers(connection: WithOptions): UserAttribute[] {
  const { attributes, precedence, requires_username } = databaseOptions(connection)
  if (attributes == null) return requires_username ? ['email', 'username'] : ['email']
  const order = new Set([...(precedence ?? []), ...userAttributes])
  return [...order].filter((name) => attributes[name]?.identifier?.active === true)
}

/** Whether a person of the connection must have, may have or cannot have an attribute. */
export function attributeRule(
  connection: WithOptions,
  name: UserAttribute,
): 'required' | 'optional' | 'none' {
  const { attributes, requires_username } = databaseOptions(connection)
  if (attributes != null) {
    if (attributes[name]?.profile_required === true) return 'required'
    return name === 'username' && attributes.username === undefined ? 'none' : 'optional'
  }
  if (name === 'username') return requires_username ? 'required' : 'none'
  return name === 'email' ? 'required' : 'optional'
}

/** Whether two people of the connection cannot share an address. */
export const isEmailUnique = (connection: WithOptions): boolean =>
  databaseOptions(connection).attributes?.email?.unique !== false

/** What somebody calls itself, as each attribute by which the connection knows people. */
export function loginNames(connection: WithOptions, identifier: string): LoginNames {
  const active = new Set(activeIdentifiers(connection))
  const text = identifier.trim().toLowerCase()
  return {
    email: active.has('email') && text.includes('@') ? text : null,
    phone_number: active.has('phone_number') ? (parsePhoneNumber(text)?.e164 ?? null) : null,
    username: active.has('username') ? text : null,
  }
}

/** One spelling of what somebody calls itself, for what is counted by it. */
export const canonicalIdentifier = (identifier: string): string =>
  parsePhoneNumber(identifier)?.e164 ?? identifier.trim().toLowerCase()
