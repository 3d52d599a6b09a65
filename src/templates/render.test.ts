import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageTypes } from '../contract/notifications.ts'
import { type RenderInput, renderNotification } from './render.ts'
import { sampleVariables } from './sample-variables.ts'
import { countSmsSegments } from './sms-segments.ts'

const render = (change: Partial<RenderInput> = {}) =>
  renderNotification({
    type: 'otp_verify',
    content: {},
    variables: sampleVariables,
    code: '123456',
    locale: 'en',
    deliveryMethod: 'text',
    ...change,
  })
const text = (source: string, change: Partial<RenderInput> = {}) =>
  render({ content: { text: source }, ...change }).as_text
const withTenant = (tenant: object): Partial<RenderInput> => ({
  variables: { ...sampleVariables, tenant: { ...sampleVariables.tenant, ...tenant } },
})

test('without a template of the tenant the default speaks, as text and as voice', () => {
  assert.deepEqual(render(), {
    as_text: 'Use 123456 to continue at Sample Company. Not you? Then ignore this message.',
    as_voice:
      'This is Sample Company. To continue, enter 1. 2. 3. 4. 5. 6. Once more: 1. 2. 3. 4. 5. 6. Goodbye.',
    voice_parts: [
      'This is Sample Company.',
      'To continue, enter',
      '1. 2. 3. 4. 5. 6.',
      'Once more:',
      '1. 2. 3. 4. 5. 6. Goodbye.',
    ],
    warnings: [],
  })
})

for (const type of messageTypes) {
  test(`the default text of ${type} renders, in one message where it can`, () => {
    const name = 'N'.repeat(40)
    const rendered = render({ type, ...withTenant({ friendly_name: name, support_url: '' }) })

    assert.deepEqual(rendered.warnings, [])
    assert.match(rendered.as_text, new RegExp(name))
    if (type !== 'blocked_account') assert.equal(countSmsSegments(rendered.as_text), 1)
  })
}

test('a notice has no code, even when one is handed in', () => {
  const source = { text: 'a{{ code }}{{ password }}b' }

  assert.equal(render({ type: 'blocked_account', content: source }).as_text, 'ab')
})

test('the voice of a blocked account names the place and not the address', () => {
  const rendered = render({ type: 'blocked_account' })

  assert.match(rendered.as_text, /from 203\.0\.113\.7 near Berlin, Germany were stopped/)
  assert.match(rendered.as_voice, /^This is Sample Company\. Repeated .* near Berlin, Germany were/)
  assert.doesNotMatch(rendered.as_voice, /203/)
})

test('without a voice body the text is read, its code spelled', () => {
  const rendered = render({ content: { text: 'Code\n{{ code }}{{ pause }}end' }, code: '12a4' })

  assert.equal(rendered.as_text, 'Code\n12a4end')
  assert.equal(rendered.as_voice, 'Code 1. 2. A. 4. end')
  assert.deepEqual(rendered.voice_parts, ['Code 1. 2. A. 4.', 'end'])
})

test('pauses are silent in the spoken body and cut it into parts', () => {
  const voice = '{{ pause }}One{{ pause }}{{ pause }}two   three{{ pause }}'

  const rendered = render({ content: { text: 'x', voice } })

  assert.equal(rendered.as_voice, 'Onetwo three')
  assert.deepEqual(rendered.voice_parts, ['', 'One', '', 'two three', ''])
})

test('a support address with a blank and a quote is percent-encoded', () => {
  const change = withTenant({ support_url: 'https://a.example/my help?q="x"' })

  assert.equal(text('{{ support_url }}', change), 'https://a.example/my%20help?q=%22x%22')
})

test('the tenant prints and compares as its name and has the members of the legacy variable', () => {
  const source =
    '{{ tenant }}|{{ tenant.friendly_name }}|{{ tenant.friendlyName }}|{% if tenant == "sample" %}same{% endif %}|{{ tenant.constructor }}{{ tenant.__proto__ }}'

  assert.equal(text(source), 'sample|Sample Company|Sample Company|same|')
})

test('a tenant without a friendly name is called by its name', () => {
  assert.equal(text('{{ friendly_name }}', withTenant({ friendly_name: undefined })), 'sample')
})

test('variables of the original and of legacy templates are there', () => {
  const source =
    '{{ password }} {{ phone_number }} {{ requestInfo.lang }} {{ request_language }} {{ message_type }} {{ delivery_method }} {{ flow }} {{ application.name }} {{ client.clientID }} {{ connection }} {{ locale }} {{ user.multifactor | join: "," }}'

  assert.equal(
    text(source, { locale: 'es-MX' }),
    '123456 +15550100137 en en otp_verify text test Sample App sampleClient sms es-MX phone',
  )
})

test('metadata of a user is cut and cleaned like every other value of a user', () => {
  const user = { name: 'x'.repeat(99), user_metadata: { note: 'a\nb', list: ['y'.repeat(99)] } }
  const source =
    '{{ user.name | size }} {{ user.user_metadata.note }} {{ user.user_metadata.list }}'

  const rendered = text(source, { variables: { ...sampleVariables, user } })

  assert.equal(rendered, `60 ab ${'y'.repeat(60)}`)
})

test('nothing is HTML-escaped unless the template asks', () => {
  const change = withTenant({ friendly_name: 'A & <B>' })

  assert.equal(
    text('{{ friendly_name }} {{ friendly_name | escape }}', change),
    'A & <B> A &amp; &lt;B&gt;',
  )
})

const failing: [string, string][] = [
  ['does not parse', '{% if %}'],
  ['uses a forbidden filter', '{{ code | json }}'],
  ['fails in a filter', '{{ code }}{{ "%z" | url_decode }}'],
  ['loops for ever', '{% for i in (1..1000000) %}{% endfor %}'],
  ['prints nothing', '{% if false %}{{ code }}{% endif %} '],
  ['is too long when rendered', `{{ code }}${'x'.repeat(1600)}`],
]

for (const [what, source] of failing) {
  test(`a template that ${what} gives way to the default, with a warning without the code`, () => {
    const rendered = render({ content: { text: source, voice: 'Your code: {{ code }}' } })

    assert.match(rendered.as_text, /^Use 123456 to continue/)
    assert.equal(rendered.as_voice, 'Your code: 1. 2. 3. 4. 5. 6.')
    assert.equal(rendered.warnings.length, 1)
    assert.match(
      rendered.warnings.join(),
      /^The text template failed \(.+\); the default was sent\.$/,
    )
    assert.doesNotMatch(rendered.warnings.join(), /123456/)
  })
}

test('a template with an include is sent, with a warning', () => {
  const rendered = render({ content: { text: '{{ code }}{% include "a" %}', voice: 'x' } })

  assert.equal(rendered.as_text, '123456')
  assert.match(rendered.warnings.join(), /"include"/)
})

test('even a name as long as a message leaves the default with its code', () => {
  const rendered = render(withTenant({ friendly_name: 'n'.repeat(5000) }))

  assert.equal(rendered.as_text.length, 1600)
  assert.match(rendered.as_text, /^Use 123456/)
})
