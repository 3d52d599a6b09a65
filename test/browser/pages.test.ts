import assert from 'node:assert/strict'
import { test } from 'node:test'
import { desk, openPage, phone } from './open-page.ts'

for (const viewport of [phone, desk]) {
  for (const path of ['/', '/demo', '/inbox']) {
    test(`${path} fits a width of ${viewport.width}`, async (t) => {
      const { page } = await openPage(t, path, viewport, (server) => {
        server.receive({ text: `https://acme.test/${'x'.repeat(200)}` })
      })
      await page.locator('h1').first().waitFor({ state: 'attached' })

      const wide = await page.evaluate('document.documentElement.scrollWidth')

      assert.equal(wide, viewport.width)
    })
  }
}
