import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageTypes } from '../contract/notifications.ts'
import { checkTemplate, type TemplateUse } from './check-template.ts'
import { defaultMessages } from './messages/index.ts'

const codeText: TemplateUse = { type: 'otp_verify', medium: 'text' }

test('the default bodies are fine by their own check', () => {
  for (const type of messageTypes) {
    for (const medium of ['text', 'voice'] as const) {
      const check = checkTemplate(defaultMessages[type][medium], { type, medium })
      assert.deepEqual(check, { ok: true, warnings: [] }, `${type} ${medium}`)
    }
  }
})

test('a template with a forbidden filter is refused with its name', () => {
  const check = checkTemplate('{{ "x" | where_exp }}')

  assert.deepEqual(check, {
    ok: false,
    reason: 'filter "where_exp" is not allowed, line:1, col:1',
  })
})

const warned: [string, string, TemplateUse, RegExp][] = [
  ['a macro of another syntax', 'Your code: @{code} {{ code }}', codeText, /@\{code\}/],
  ['a macro of legacy templates', '@@password@@ {{ code }}', codeText, /@@password@@/],
  ['a missing code', 'Hello', codeText, /does not print the code/],
  [
    'a code in a notice',
    '{{ code }} Hello',
    { type: 'blocked_account', medium: 'text' },
    /no code to print/,
  ],
  ['an include', '{{ code }}{% include "a" %}', codeText, /"include" prints nothing/],
  ['more than three messages', `{{ code }}${'x'.repeat(460)}`, codeText, /4 text messages/],
  ['a failure with sample data', '{{ code }}{{ "%z" | url_decode }}', codeText, /sample data/],
]

for (const [what, source, use, expected] of warned) {
  test(`${what} is one warning`, () => {
    const check = checkTemplate(source, use)

    assert.ok(check.ok)
    assert.equal(check.warnings.length, 1, check.warnings.join('\n'))
    assert.match(check.warnings.join(), expected)
  })
}

test('the legacy name of the code counts as the code', () => {
  assert.deepEqual(checkTemplate('{{ password }}', codeText), { ok: true, warnings: [] })
})
