import { keyedHash } from '../base/secret-box.ts'
import type { Tenant } from './tenant.ts'

/**
 * How a code stands in the database: a keyed hash, bound to its connection, purpose and number, so
 * equal codes of two people look different and a dump cannot be searched.
 */
export const codeHash = (
  tenant: Pick<Tenant, 'hashKey'>,
  scope: { connection: string; purpose: string; e164: string },
  code: string,
): Buffer => keyedHash(tenant.hashKey, 'code', scope.connection, scope.purpose, scope.e164, code)

/** What a person typed, reduced to what is compared: blanks and dashes do not count. */
export const normalizeCode = (typed: string): string => typed.replace(/[\s-]/g, '')
