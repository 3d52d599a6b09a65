import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { testServer } from '../harness.ts'
import { desk, openTabs, phone } from './open-page.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** The page of a real server; fails its test when it breaks or asks a foreign address. */
async function openApiPage(
  t: TestContext,
  { viewport = desk, hash = '', script = true } = {},
): Promise<Page> {
  const { app } = await testServer()
  await app.server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.server.address() as AddressInfo // it listens on TCP
  const origin = `http://127.0.0.1:${port}`
  const open = await openTabs(t, viewport, { javaScriptEnabled: script })
  const page = await open('about:blank')
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(error.message))
  page.on('console', (line) => {
    if (/Content Security|TrustedHTML|Failed to load/.test(line.text())) wrong.push(line.text())
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) {
      wrong.push(request.url())
    }
  })
  t.after(() => assert.deepEqual(wrong, []))
  await page.goto(`${origin}/api/v2/docs${hash}`)
  return page
}

const visible = (page: Page) => page.locator('.operation:visible .path').allTextContents()

test('words find operations, by path, summary or scope, and the number is said', async (t) => {
  const page = await openApiPage(t)
  const all = (await visible(page)).length
  assert.ok(all > 60)

  await page.getByLabel('Find an operation').fill('phone providers try')
  assert.deepEqual(await visible(page), ['/api/v2/branding/phone/providers/{id}/try'])
  assert.equal(await page.getByRole('status').textContent(), '1 entry')
  await page.getByLabel('Find an operation').fill('read:logs_users')
  assert.deepEqual(await visible(page), [
    '/api/v2/logs',
    '/api/v2/logs/{id}',
    '/api/v2/users/{id}/logs',
  ])
  await page.getByLabel('Find an operation').press('Escape')
  assert.equal((await visible(page)).length, all)
})

test('an operation opens by keyboard and leads to the objects that it names', async (t) => {
  const page = await openApiPage(t)
  const operation = page.locator('#get_users_by_id')

  await operation.locator('summary').press('Enter')
  assert.match((await operation.textContent()) ?? '', /One of these scopes[\s\S]*read:current_user/)
  const client = page.locator('#post_clients')
  await client.locator('summary').press('Enter')
  await client.getByRole('link', { name: 'Client', exact: true }).click()
  await page.locator('#schema-Client[open]').waitFor()
})

test('an address with a name opens what it names', async (t) => {
  const page = await openApiPage(t, { hash: '#post_oauth_token' })

  await page.locator('#post_oauth_token[open]').waitFor()
})

test('without a script the page is whole and offers no search that does nothing', async (t) => {
  const page = await openApiPage(t, { script: false })

  assert.equal(await page.locator('#filter').isVisible(), false)
  await page.locator('#get_logs summary').click()
  await page.locator('#get_logs[open]').getByText('read:logs_users').waitFor()
})

test('on a phone nothing is wider than the screen', async (t) => {
  const page = await openApiPage(t, { viewport: phone })
  await page.locator('#post_connections summary').click()
  await page.locator('#patch_tenants_settings summary').click()

  const width = await page.evaluate<number>('document.documentElement.scrollWidth')

  assert.equal(width, phone.width)
})

for (const [name, viewport] of Object.entries({ desk, phone })) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`the page can be read by everybody: ${name}, ${colorScheme}`, async (t) => {
      const page = await openApiPage(t, { viewport, hash: '#post_branding_phone_providers' })
      await page.emulateMedia({ colorScheme })
      await page.evaluate(axe)

      const wrong = await page.evaluate<string[]>(
        `axe.run({ runOnly: ${JSON.stringify(rules)} }).then(({ violations }) =>
          violations.map(({ id, nodes }) => id + ' ' + nodes[0].html + ' ' + nodes[0].failureSummary))`,
      )

      assert.deepEqual(wrong, [])
    })
  }
}
