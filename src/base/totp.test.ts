import assert from 'node:assert/strict'
import { test } from 'node:test'
import { totpCode, totpStep } from './totp.ts'

// RFC 6238, appendix B: the last six of its eight digits.
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

test('codes are those of the standard', () => {
  const codes = [59, 1_111_111_109, 1_234_567_890, 20_000_000_000].map((second) =>
    totpCode(secret, Math.floor(second / 30)),
  )
  assert.deepEqual(codes, ['287082', '081804', '005924', '353130'])
})

test('a code is good half a minute to either side, and no longer', () => {
  const step = 1000
  const code = totpCode(secret, step)
  const at = (number: number) => totpStep(secret, code, number * 30_000 + 15_000)
  assert.deepEqual([998, 999, 1000, 1001, 1002].map(at), [undefined, 1000, 1000, 1000, undefined])
})
