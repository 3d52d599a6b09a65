import type { PhoneNumber } from '../base/phone-number.ts'
import { findUserIdByPhone } from '../store/users.ts'
import type { Deps } from './deps.ts'
import type { Connection, Tenant } from './tenant.ts'

/** The id of the person who has a number in a connection; undefined where nobody has. */
export const personOfNumber = async (
  deps: Deps,
  tenant: Tenant,
  connection: Connection,
  phone: PhoneNumber,
): Promise<string | undefined> =>
  (await findUserIdByPhone(deps.db, tenant.id, connection.name, phone.e164))?.user_id
