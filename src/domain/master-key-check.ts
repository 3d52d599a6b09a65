import { listSealedValues, sealedColumns } from '../store/sealed-values.ts'
import type { Deps } from './deps.ts'
import { open, type SealedKind } from './sealing.ts'

/** Enough to notice a wrong key, few enough for any start. */
const take = 100

/**
 * Opens a few of the oldest kinds of sealed values: with a wrong key every request would fail, and what
 * is new would be sealed with a key that the rest does not know.
 *
 * @throws Error when the ring of master keys lacks one that the database was sealed with
 */
export async function checkMasterKeys(deps: Deps): Promise<void> {
  for (const column of sealedColumns) {
    const kind = column.kind as SealedKind // the list of columns uses these words
    if (kind !== 'hash-key' && kind !== 'signing-key') continue
    const values = await listSealedValues(deps.db, column, { tenantId: '', rowId: '', take })
    for (const { tenant_id, row_id, sealed } of values) open(deps, tenant_id, kind, row_id, sealed)
  }
}
