import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import {
  readTwilioErrorCode,
  readTwilioRefusal,
  type TwilioErrorClass,
  twilioErrors,
} from './twilio-errors.ts'

const refuse = (
  refusal: { status: number; code?: string; message?: string; retryAfter?: string },
  secrets: string[] = [],
) => readTwilioRefusal(refusal, { now: Date.UTC(2026, 0, 1), secrets })

/** The classes as they were decided, apart from the file that the program reads. */
const classes: [TwilioErrorClass, string][] = [
  ['C', '10001 20005 30002 10002 21608 21219 20003 20008 20403 20404 21205 21609 21402'],
  ['C', '21210 21212 21213 21603 21606 21659 21660 21203 21215 13227 32205 21408'],
  ['C', '21602 21617 21618 21658 21657 21701 21705 21703 21704 30010'],
  ['C', '30018 30024 30032 30033 30034 30035 30019 30023 30027 13520 13521'],
  ['C', '63001 63007 63005 63013 63016 63021 63027 63028 63051'],
  ['R', '20429 20503 20500 10004 14107 21611 30001 21702 30017 30022 63018 63038'],
  ['P', '21201 21604 21211 21217 21401 21421 13223 13226 21214 21612 13224 21407 21614 30006'],
  ['P', '21610 30003 30004 30005 30008 30410 63003 63024 63015 63032 63033'],
  ['F', '21202 21216 13225 30007 30450 30453'],
  ['I', '30009'],
]
const decided = classes.flatMap(([errorClass, codes]) =>
  codes.split(' ').map((code) => [code, errorClass] as const),
)

test('the file holds the decided codes and no other', () => {
  assert.deepEqual(decided.map(([code]) => code).sort(), [...twilioErrors.keys()].sort())
})

for (const [code, errorClass] of decided) {
  test(`Twilio's ${code} is of class ${errorClass}, as a reply and as a report`, () => {
    const delivery = refuse({ status: 400, code, message: 'Of +15550100137' })

    assert.equal(readTwilioErrorCode(code).class, errorClass)
    assert.equal(delivery.outcome, errorClass === 'R' ? 'retry' : 'permanent')
    assert.equal(delivery.cause.code, `twilio_${code}`)
    assert.deepEqual(delivery.providerError, { code, message: delivery.cause.text })
  })
}

test('every row of the file is whole', () => {
  const Row = Type.Object(
    {
      class: Type.Enum(['R', 'P', 'C', 'F', 'I']),
      title: Type.String({ minLength: 10, pattern: '\\.$' }),
      hint: Type.String({ minLength: 10, pattern: '\\.$' }),
      maxAttempts: Type.Optional(Type.Literal(2)),
      withoutCallback: Type.Optional(Type.Literal(true)),
    },
    { additionalProperties: false },
  )
  for (const [code, row] of twilioErrors) assert.ok(Value.Check(Row, row), code)
})

const statuses: [number, string, number | undefined][] = [
  [429, 'retry', undefined],
  [503, 'retry', undefined],
  [500, 'retry', 2],
  [502, 'retry', 2],
  [599, 'retry', 2],
  [401, 'permanent', undefined],
  [403, 'permanent', undefined],
  [404, 'permanent', undefined],
  [400, 'permanent', undefined],
  [302, 'permanent', undefined],
]

for (const [status, outcome, maxAttempts] of statuses) {
  test(`a bare ${status} is ${outcome}, also with a code that nobody knows`, () => {
    for (const refusal of [{ status }, { status, code: '29999' }]) {
      const delivery = refuse(refusal)
      assert.deepEqual([delivery.outcome, delivery.maxAttempts], [outcome, maxAttempts])
    }
  })
}

test('only the server error that Twilio may have acted on is limited to one repeat', () => {
  assert.equal(refuse({ status: 500, code: '20500' }).maxAttempts, 2)
  assert.equal(refuse({ status: 503, code: '20503' }).maxAttempts, undefined)
})

test('Retry-After is read as seconds and as a date', () => {
  const wait = (retryAfter: string) => refuse({ status: 429, retryAfter }).retryAfterS

  assert.equal(wait('7'), 7)
  assert.equal(wait('Thu, 01 Jan 2026 00:00:30 GMT'), 30)
  assert.equal(wait('Wed, 31 Dec 2025 23:59:00 GMT'), 0)
  assert.equal(wait('soon'), undefined)
})

test('what Twilio said of an unknown error is told without number, code and text', () => {
  const delivery = refuse(
    {
      status: 400,
      code: '21999',
      message: 'No "Use 4711 now" to +15550100137 or 1 (555) 010-0137: 4711, 12345678.',
    },
    ['Use 4711 now', '+15550100137', '4711'],
  )

  assert.deepEqual(delivery.providerError, {
    code: '21999',
    message: 'No "X" to X or X (XXX) XXX-0137: X, XXXX5678.',
  })
  assert.match(delivery.cause.hint, /errors\/21999/)
})
