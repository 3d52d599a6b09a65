import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RenderInput, renderNotification } from './render.ts'
import { sampleVariables } from './sample-variables.ts'

const render = (source: string, change: Partial<RenderInput> = {}) =>
  renderNotification({
    ...{ type: 'otp_verify', content: { text: source }, variables: sampleVariables },
    ...{ code: '12a456', locale: 'es', deliveryMethod: 'text', legacy: 'liquid' },
    ...change,
  })
const macros = (source: string) => render(source, { legacy: 'macros' })

const variables: [string, string][] = [
  ['{{ code }}', '12a456'],
  ['{{ password }}', '12a456'],
  ['{{ message_type }}', 'sms'],
  ['{{ locale }}', 'es'],
  ['{{ phone_number }}', sampleVariables.recipient],
  ['{{ application.name }}', sampleVariables.client?.name ?? ''],
  ['{{ tenant.friendly_name }}', sampleVariables.tenant.friendly_name ?? ''],
  ['{{ tenant.friendlyName }}', sampleVariables.tenant.friendly_name ?? ''],
  ['{% if request_language == requestInfo.lang %}same{% endif %}', 'same'],
]

for (const [source, expected] of variables) {
  test(`an older template knows ${source}`, () => {
    assert.equal(render(source).as_text, expected)
  })
}

test('one body serves text and call; a call dots the code and is called voice', () => {
  const source = '{{ message_type }}: {{ pause }} {{ code }}'

  const { as_voice, voice_parts, warnings } = render(source, { deliveryMethod: 'voice' })

  assert.equal(as_voice, 'voice: 1.2.A.4.5.6.')
  assert.deepEqual(voice_parts, ['voice:', '1.2.A.4.5.6.'])
  assert.deepEqual(warnings, [])
})

test('macros become values, unknown ones stay, and Liquid means nothing', () => {
  const { as_text, warnings } = macros(
    '@@password@@ {{ code }} @@ code @@ @@constructor@@ @@user.email@@',
  )

  assert.equal(as_text, '12a456 {{ code }} 12a456 @@constructor@@ @@user.email@@')
  assert.deepEqual(warnings, [])
})

test('a text with macros and without a code gives way to the default, and says so once', () => {
  const { as_text, warnings } = macros('Welcome, @@phone_number@@')

  assert.match(as_text, /^Use 12a456 to continue/)
  assert.deepEqual(warnings, [
    'The text template failed (it does not print the code); the default was sent.',
  ])
})

test('a value does not become a macro itself', () => {
  const client = { client_id: 'c', name: '@@password@@' }
  const own = { variables: { ...sampleVariables, client }, legacy: 'macros' } as const

  assert.equal(render('@@application.name@@ @@code@@', own).as_text, '@@password@@ 12a456')
})
