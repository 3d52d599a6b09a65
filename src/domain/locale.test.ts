import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveLocale } from './locale.ts'
import type { Tenant } from './tenant.ts'

const tenant = (enabled_locales?: string[]) =>
  ({ settings: enabled_locales === undefined ? {} : { enabled_locales } }) as unknown as Tenant

for (const [enabled, wishes, locale] of [
  [['en', 'es'], ['es-AR'], 'es'],
  [['en', 'pt-BR'], ['pt-BR'], 'pt-BR'],
  [['en', 'pt-BR'], ['pt_br'], 'pt-BR'],
  [['en', 'pt-BR'], ['pt'], 'en'],
  [['en', 'de'], [undefined, 'fr;q=0.9, de;q=0.8'], 'de'],
  [['en', 'de', 'fr'], [undefined, 'de;q=0.2, fr;q=0.9'], 'fr'],
  [['de', 'en'], [undefined, undefined], 'de'],
  [['en', 'de'], ['de', 'en'], 'de'],
  [['en'], ['<script>', '*'], 'en'],
  [undefined, ['fr'], 'en'],
] as const) {
  test(`of ${enabled}, ${JSON.stringify(wishes)} gets ${locale}`, () => {
    assert.equal(resolveLocale(tenant(enabled && [...enabled]), wishes), locale)
  })
}
