import { listSealedValues, replaceSealedValue, sealedColumns } from '../store/sealed-values.ts'
import type { Deps } from './deps.ts'
import { open, type SealedKind, seal } from './sealing.ts'

const take = 200

/**
 * Seals every value of the database anew with the first master key. Servers go on meanwhile: they
 * open with either key, and a value that somebody changed in between is sealed with the first anyway.
 *
 * @returns how many values were sealed anew
 */
export async function resealAll(deps: Deps): Promise<number> {
  let resealed = 0
  for (const column of sealedColumns) {
    const kind = column.kind as SealedKind // the list of columns uses these words
    let after = { tenantId: '', rowId: '', take }
    for (;;) {
      const values = await listSealedValues(deps.db, column, after)
      for (const { tenant_id, row_id, sealed } of values) {
        if (deps.secretBox.isCurrent(sealed)) continue
        const plain = open(deps, tenant_id, kind, row_id, sealed)
        resealed += await replaceSealedValue(deps.db, column, {
          tenantId: tenant_id,
          rowId: row_id,
          before: sealed,
          after: seal(deps, tenant_id, kind, row_id, plain),
        })
      }
      const last = values.at(-1)
      if (last === undefined || values.length < take) break
      after = { tenantId: last.tenant_id, rowId: last.row_id, take }
    }
  }
  return resealed
}
