import type { Db } from './db.ts'
import { json, sql } from './sql.ts'

/**
 * Replaces what one member of a login's `steps` holds, unless somebody has changed it meanwhile: of two
 * requests that saw the same one goes on.
 *
 * @returns 1, or 0 when another was quicker or the login is over
 */
export const replaceLoginStep = (
  db: Db,
  tenantId: string,
  step: { stateHash: Uint8Array; name: string; from: string | null; to: string },
) =>
  db.run(sql`
    update logins set steps = steps || ${json({ [step.name]: step.to })}::jsonb
     where tenant_id = ${tenantId} and state_hash = ${step.stateHash}
       and (steps ->> ${step.name}) is not distinct from ${step.from}::text`)
