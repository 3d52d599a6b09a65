import assert from 'node:assert/strict'
import test from 'node:test'
import { en } from './en.ts'
import { screenLanguages, screenTexts } from './index.ts'
import { textsOf } from './texts.ts'

const marksOf = (words: string) => [...words.matchAll(/\$\{\w+\}/g)].map(([mark]) => mark).sort()

for (const [language, texts] of Object.entries(screenLanguages)) {
  test(`${language} has every key that English has, no other, and the same marks in it`, () => {
    for (const [group, words] of Object.entries(en)) {
      const own = texts[group as keyof typeof en] as Record<string, string>
      assert.deepEqual(Object.keys(own).sort(), Object.keys(words).sort(), group)
      for (const [key, english] of Object.entries(words)) {
        assert.deepEqual(marksOf(own[key] ?? ''), marksOf(english), `${group} ${key}`)
        assert.notEqual(own[key]?.trim(), '', `${group} ${key}`)
      }
    }
  })
}

test('a tag finds the nearest language', () => {
  const found = ['es-MX', 'pt', 'pt-PT', 'zh-TW', 'de-AT', 'EN-us', 'sw'].map(
    (tag) => screenTexts(tag).language,
  )
  assert.deepEqual(found, ['es', 'pt-BR', 'pt-BR', 'zh-CN', 'de', 'en', 'en'])
})

test('a screen’s own words win over the shared ones, and the tenant’s over both', () => {
  const own = { 'mfa-voice-challenge': { title: 'Ring ring, ${clientName}' } }
  const text = textsOf(en, 'mfa-voice-challenge', { clientName: 'Shop' }, own)
  assert.equal(text('title'), 'Ring ring, Shop')
  assert.equal(text('deliveryQueued'), 'Calling…')
  assert.equal(text('buttonText'), 'Continue')
  assert.equal(text('invalid-otp-code-format', { length: '6' }), 'The code has 6 digits.')
  assert.throws(() => text('no such key'), /no words/)
})
