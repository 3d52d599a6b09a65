import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { decideDelivery, decideFactors, type PhoneMessageType } from './delivery-methods.ts'

type Vector = {
  id: string
  factor: 'mfa' | 'passwordless' | 'both'
  currentFactors: PhoneMessageType[]
  desiredFactors?: PhoneMessageType[]
  tenantDelivery?: string[]
  desiredDelivery?: string[]
  action: string
  effectiveFactors?: PhoneMessageType[]
  erratum?: { ruleAction: string }
}

const vectors = ['delivery-methods', 'delivery-methods-derived'].flatMap(
  (name) =>
    JSON.parse(
      readFileSync(new URL(`../../test/vectors/${name}.json`, import.meta.url), 'utf8'),
    ) as Vector[], // the shape of these files
)

for (const vector of vectors) {
  const expected = vector.erratum?.ruleAction ?? vector.action
  test(`${vector.id}: ${expected}`, () => {
    const decision =
      vector.desiredFactors !== undefined
        ? decideFactors(vector.desiredFactors, vector.tenantDelivery ?? [])
        : decideDelivery(
            {
              factors: vector.factor === 'passwordless' ? [] : vector.currentFactors,
              passwordless: vector.factor === 'passwordless' && vector.currentFactors.length > 0,
            },
            vector.desiredDelivery ?? [],
          )
    assert.equal(decision.action, expected)
    if (decision.action === 'none' && vector.effectiveFactors !== undefined) {
      assert.deepEqual(decision.factors, vector.effectiveFactors)
    }
  })
}

test('MFA and passwordless together need what both need', () => {
  const uses = { factors: ['voice' as const], passwordless: true }
  assert.equal(decideDelivery(uses, ['text', 'voice']).action, 'none')
  const decision = decideDelivery(uses, ['voice'])
  assert.ok(decision.action === 'update_factors')
  assert.deepEqual(decision.missing, ['text'])
  assert.match(decision.hint, /passwordless/)
})
