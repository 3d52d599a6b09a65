import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callTwiml } from './twiml.ts'

test('each part is said after a second of silence, and an empty part is silence', () => {
  assert.equal(
    callTwiml(['One.', '', 'Two.'], 'en'),
    '<Response><Pause length="1"/><Say language="en-US">One.</Say><Pause length="1"/><Pause length="1"/><Say language="en-US">Two.</Say></Response>',
  )
})

test('text of any kind leaves the document well formed', () => {
  assert.equal(
    callTwiml(['Q&A <"it\'s">\u0000\u000b\ud800 😀'], 'xx'),
    '<Response><Pause length="1"/><Say>Q&#38;A &#60;&#34;it&#39;s&#34;&#62; 😀</Say></Response>',
  )
})

const languages: [string, string | undefined][] = [
  ['en', 'en-US'],
  ['en-GB', 'en-GB'],
  ['EN-gb', 'en-GB'],
  ['es', 'es-ES'],
  ['es-MX', 'es-MX'],
  ['es-AR', 'es-ES'],
  ['pt-PT', 'pt-PT'],
  ['nb', 'nb-NO'],
  ['xx', undefined],
  ['e', undefined],
  ['', undefined],
]

for (const [locale, language] of languages) {
  test(`"${locale}" is read in ${language ?? 'the language of the account'}`, () => {
    assert.equal(/language="([^"]*)"/.exec(callTwiml(['x'], locale))?.[1], language)
  })
}
