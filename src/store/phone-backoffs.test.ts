import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { engines } from '../../test/databases.ts'
import { openMigrated } from '../../test/migrated.ts'
import { takePhoneBackoff } from './phone-backoffs.ts'

const now = 1_800_000_000_000

for (const engine of engines) {
  const opening = openMigrated(engine)

  test(`${engine}: of messages to one number at once one is let through, the first one too`, async () => {
    const db = await opening
    const tenantId = `backoffs-${randomBytes(4).toString('hex')}`

    for (let number = 0; number < 50; number += 1) {
      const hash = randomBytes(32)
      const takes = await Promise.all(
        Array.from({ length: 8 }, () => takePhoneBackoff(db, tenantId, hash, now)),
      )
      assert.equal(takes.filter(({ granted }) => granted).length, 1)
      assert.ok(takes.every(({ nextAt }) => nextAt === now + 30_000))
    }
  })
}
