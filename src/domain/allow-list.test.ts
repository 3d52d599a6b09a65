import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOnAllowList, limitedAddress } from './allow-list.ts'

for (const [list, address, found] of [
  [['203.0.113.7'], '203.0.113.7', true],
  [['203.0.113.7'], '203.0.113.8', false],
  [['203.0.113.0/24'], '203.0.113.8', true],
  [['203.0.113.0/33'], '203.0.113.8', false],
  [['2001:db8::/32'], '2001:db8:1::1', true],
  [['nonsense'], '203.0.113.8', false],
  [[], '203.0.113.8', false],
  [['203.0.113.7'], 'unknown', false],
] as const) {
  test(`${address} is ${found ? '' : 'not '}on the list ${JSON.stringify(list)}`, () => {
    assert.equal(isOnAllowList(list, address), found)
  })
}

for (const [address, limited] of [
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
] as const) {
  test(`${address} is limited as ${limited}`, () => {
    assert.equal(limitedAddress(address), limited)
  })
}
