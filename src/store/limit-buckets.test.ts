import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { engines } from '../../test/databases.ts'
import { openMigrated } from '../../test/migrated.ts'
import { deleteFullBuckets, takeFromBuckets } from './limit-buckets.ts'

const now = 1_800_000_000_000
const someTenant = () => `limits-${randomBytes(4).toString('hex')}`

for (const engine of engines) {
  const opening = openMigrated(engine)

  test(`${engine}: of thirty requests at once as many are granted as the bucket holds`, async () => {
    const db = await opening
    const tenantId = someTenant()
    const buckets = [{ key: 'number:a', count: 5, perS: 600 }]

    const results = await Promise.all(
      Array.from({ length: 30 }, () => takeFromBuckets(db, { tenantId, buckets, now })),
    )

    assert.equal(results.filter((result) => result.granted).length, 5)
  })

  test(`${engine}: a refused request takes nothing from its other buckets`, async () => {
    const db = await opening
    const tenantId = someTenant()
    const wide = { key: 'tenant', count: 100, perS: 60 }
    const narrow = { key: 'number:a', count: 1, perS: 600 }
    const ask = () => takeFromBuckets(db, { tenantId, buckets: [wide, narrow], now })

    await ask()
    for (let round = 0; round < 20; round += 1) assert.equal((await ask()).granted, false)
    const after = await takeFromBuckets(db, { tenantId, buckets: [wide], now })

    assert.equal(after.levels[0]?.remaining, 98)
  })

  test(`${engine}: an empty bucket says when it has room again, and has it then`, async () => {
    const db = await opening
    const tenantId = someTenant()
    const buckets = [{ key: 'number:a', count: 5, perS: 600 }]
    for (let round = 0; round < 5; round += 1) {
      await takeFromBuckets(db, { tenantId, buckets, now })
    }

    const refused = await takeFromBuckets(db, { tenantId, buckets, now: now + 1000 })
    assert.ok(!refused.granted)
    assert.equal(refused.refused[0]?.freeAt, now + 120_000)

    const early = await takeFromBuckets(db, { tenantId, buckets, now: now + 119_000 })
    const inTime = await takeFromBuckets(db, { tenantId, buckets, now: now + 120_000 })
    assert.deepEqual([early.granted, inTime.granted], [false, true])
  })

  test(`${engine}: requests of different buckets at once do not touch each other`, async () => {
    const db = await opening
    const tenantId = someTenant()

    const results = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        takeFromBuckets(db, {
          tenantId,
          buckets: [
            { key: `number:${index % 8}`, count: 3, perS: 600 },
            { key: 'tenant', count: 1000, perS: 60 },
          ],
          now,
        }),
      ),
    )
    const tenant = await takeFromBuckets(db, {
      tenantId,
      buckets: [{ key: 'tenant', count: 1000, perS: 60 }],
      now,
    })

    assert.equal(results.filter((result) => result.granted).length, 24)
    assert.equal(tenant.levels[0]?.remaining, 1000 - 24 - 1)
  })

  test(`${engine}: a bucket whose period changes keeps the share of it that was spent`, async () => {
    const db = await opening
    const tenantId = someTenant()
    const take = (count: number, perS: number, at: number) =>
      takeFromBuckets(db, { tenantId, buckets: [{ key: 'number:a', count, perS }], now: at })
    for (let round = 0; round < 5; round += 1) await take(5, 600, now)

    const refused = await take(10, 60, now)
    const granted = await take(10, 60, now + 60_000)
    const back = await take(5, 600, now + 60_000)

    assert.ok(!refused.granted)
    assert.deepEqual([refused.levels, refused.refused[0]?.remaining], [[], 0])
    assert.equal(refused.refused[0]?.freeAt, now + 60_000)
    assert.deepEqual([granted.granted, back.granted], [true, false])
  })

  test(`${engine}: a full bucket is forgotten and a spent one is not`, async () => {
    const db = await opening
    const tenantId = someTenant()
    const buckets = [{ key: 'number:a', count: 1, perS: 600 }]
    await takeFromBuckets(db, { tenantId, buckets, now })

    await deleteFullBuckets(db, now + 599_000)
    const spent = await takeFromBuckets(db, { tenantId, buckets, now: now + 599_000 })
    await deleteFullBuckets(db, now + 601_000)
    const full = await takeFromBuckets(db, { tenantId, buckets, now: now + 599_500 })

    assert.deepEqual([spent.granted, full.granted], [false, true])
  })
}
