import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../base/app-error.ts'
import type { SearchQuery } from '../contract/search-query.ts'
import { parseSearchQuery } from './search-query.ts'

const term = (field: string | undefined, value: string, pieces = [value]): SearchQuery => ({
  kind: 'term',
  ...(field !== undefined && { field }),
  value,
  pieces,
})
const range = (bounds: object): SearchQuery => ({
  kind: 'range',
  field: 'date',
  includesFrom: true,
  includesTo: true,
  ...bounds,
})

for (const [text, expected] of [
  ['type:cs', term('type', 'cs')],
  ['  jane  ', term(undefined, 'jane')],
  ['name:"Jane \\"J\\" Doe"', term('name', 'Jane "J" Doe')],
  ['phone_number:"+15551234567"', term('phone_number', '+15551234567')],
  ['user_id:sms|0a1b', term('user_id', 'sms|0a1b')],
  ['user_id:"sms|0a1b"', term('user_id', 'sms|0a1b')],
  ['name:ja*', term('name', 'ja*', ['ja', ''])],
  ['email:*@acme.com', term('email', '*@acme.com', ['', '@acme.com'])],
  ['name:a\\*b', term('name', 'a*b')],
  ['app_metadata.plan:pro', term('app_metadata.plan', 'pro')],
  ['_exists_:email', { kind: 'exists', field: 'email' }],
  ['date:[2018-12-18 TO *]', range({ from: '2018-12-18' })],
  [
    'date:{2018-12-18 TO 2019-01-01T00:00:00.000Z}',
    range({
      from: '2018-12-18',
      to: '2019-01-01T00:00:00.000Z',
      includesFrom: false,
      includesTo: false,
    }),
  ],
  ['date:>=2020', range({ from: '2020' })],
  ['date:<2020', range({ to: '2020', includesFrom: false, includesTo: false })],
  ['a AND b', { kind: 'and', parts: [term(undefined, 'a'), term(undefined, 'b')] }],
  ['a b', { kind: 'or', parts: [term(undefined, 'a'), term(undefined, 'b')] }],
  ['-a', { kind: 'not', part: term(undefined, 'a') }],
  ['NOT NOT a', term(undefined, 'a')],
  [
    'a OR b AND NOT c',
    {
      kind: 'or',
      parts: [
        term(undefined, 'a'),
        { kind: 'and', parts: [term(undefined, 'b'), { kind: 'not', part: term(undefined, 'c') }] },
      ],
    },
  ],
  [
    '(a OR b) && type:(s f)',
    {
      kind: 'and',
      parts: [
        { kind: 'or', parts: [term(undefined, 'a'), term(undefined, 'b')] },
        { kind: 'or', parts: [term('type', 's'), term('type', 'f')] },
      ],
    },
  ],
] as [string, SearchQuery][]) {
  test(`the search ${text} is read`, () => {
    assert.deepEqual(parseSearchQuery(text), expected)
  })
}

for (const text of [
  '',
  '   ',
  'type:',
  '"open',
  '(a',
  'a)',
  'a AND',
  'OR a',
  '[a TO b]',
  'date:[a TO b',
  'type:(a:b)',
  '_exists_:',
  '()',
  '('.repeat(30),
  'a '.repeat(300),
  `name:${'*a'.repeat(20)}`,
]) {
  test(`the search ${text.slice(0, 20)} is refused`, () => {
    assert.throws(
      () => parseSearchQuery(text),
      (error) => error instanceof AppError && error.code === 'invalid_query_string',
    )
  })
}
