import assert from 'node:assert/strict'
import { test } from 'node:test'
import { desk, focused, openPage, phone, says } from './open-page.ts'
import { startPagesServer } from './pages-server.ts'

test('an empty inbox says what to do, and a text appears without a reload', async (t) => {
  const { server, page } = await openPage(t, '/inbox')
  await page.getByRole('heading', { name: 'No messages yet' }).waitFor()
  assert.equal(
    await page.getByRole('link', { name: 'Open the demo' }).getAttribute('href'),
    '/demo',
  )
  await says(page, '#connection', 'Live')

  server.receive({})

  await says(page, '.bubble', '481920 is your code for Acme.')
  await says(page, '#announcer', 'New text to +14155550137: 481920 is your code for Acme.')
  assert.equal(await page.locator('.bubble mark').textContent(), '481920')
})

test('what a stranger wrote is shown and never run', async (t) => {
  const text = '<img src=x onerror="document.title=1"><script>document.title=1</script> &amp;'
  const { page } = await openPage(t, '/inbox', desk, (server) => server.receive({ text }))

  await page.locator('.bubble').waitFor()

  assert.equal(await page.locator('.bubble .words').textContent(), text)
  assert.equal(await page.locator('.bubble img, .bubble script').count(), 0)
})

test('the code is copied with one press', async (t) => {
  const { page } = await openPage(t, '/inbox', desk, (server) => server.receive({ code: '302118' }))

  await page.getByRole('button', { name: 'Copy code 3 0 2 1 1 8' }).press('Enter')

  await says(page, '.copy', 'Copied')
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), '302118')
})

test('a call is words, spoken by a voice of this machine and silenced again', async (t) => {
  const { page } = await openPage(t, '/inbox', desk, (server) =>
    server.receive({ delivery_method: 'voice', voice: 'Your code is 1. 2.' }),
  )
  await says(page, '.bubble .words', 'Your code is 1. 2.')

  await page.getByRole('button', { name: 'Speak' }).click()
  await page.getByRole('button', { name: 'Stop' }).click()

  await page.getByRole('button', { name: 'Speak' }).waitFor()
  assert.deepEqual(await page.evaluate('spoken'), ['local: Your code is 1. 2.', 'silence'])
})

test('a browser that cannot speak says so beside the button', async (t) => {
  const { server, page } = await openPage(t, '/demo')
  await page.addInitScript(
    'delete globalThis.speechSynthesis; delete Window.prototype.speechSynthesis',
  )
  server.receive({ delivery_method: 'voice' })

  await page.goto(`${server.server.origin}/inbox`)

  await says(page, '.reason', 'This browser cannot speak.')
  const button = page.getByRole('button', { name: 'Speak' })
  assert.equal(await button.getAttribute('aria-disabled'), 'true')
})

test('on a desk the newest conversation is open, and another one counts what is new', async (t) => {
  const { server, page } = await openPage(t, '/inbox', desk, (server) => {
    server.receive({ recipient: '+14155550101' })
    server.receive({ recipient: '+14155550102' })
  })
  await says(page, '#talk-title', '+14155550102')
  assert.deepEqual(await page.locator('.number').allTextContents(), [
    '+14155550102',
    '+14155550101',
  ])
  await page.getByRole('link', { name: '+14155550102' }).click()

  server.receive({ recipient: '+14155550101' })

  await says(page, '.unread', '1')
  assert.deepEqual(await page.locator('.number').allTextContents(), [
    '+14155550101',
    '+14155550102',
  ])
  assert.equal(await page.locator('#talk-title').textContent(), '+14155550102')
  assert.match(await page.title(), /^\(1\) /)
})

test('the filter finds a number however it is written', async (t) => {
  const { page } = await openPage(t, '/inbox', desk, (server) => {
    server.receive({ recipient: '+14155550101' })
    server.receive({ recipient: '+442079460018' })
  })

  await page.getByLabel('Filter by number').fill('(415) 555')
  await page.locator('.number').filter({ hasText: '+44' }).waitFor({ state: 'detached' })
  assert.deepEqual(await page.locator('.number').allTextContents(), ['+14155550101'])

  await page.getByLabel('Filter by number').fill('999')
  await says(page, '#nothing', 'No number contains “999”.')
})

test('on a phone the keyboard opens a conversation and comes back to where it was', async (t) => {
  const { page } = await openPage(t, '/inbox', phone, (server) => {
    server.receive({ recipient: '+14155550101' })
    server.receive({ recipient: '+14155550102' })
  })
  await page.getByRole('link', { name: '+14155550102' }).focus()

  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await says(page, '#talk-title', '+14155550101')
  assert.equal(await focused(page), 'talk-title')

  await page.keyboard.press('Escape')
  await page.locator('.talk').waitFor({ state: 'hidden' })
  const name = page.locator('.conversation:focus .number')
  assert.equal(await name.textContent(), '+14155550101')
})

test('a lost connection is shown, and comes back by itself with what was missed', async (t) => {
  const { server, page } = await openPage(t, '/inbox', desk, (server) => server.receive({}))
  await says(page, '#connection', 'Live')
  const port = Number(new URL(server.server.origin).port)
  await server.close()
  await says(page, '#lost-reason', 'Connection lost.')
  await says(page, '#connection', 'Reconnecting')

  const next = await startPagesServer(port)
  t.after(next.close)
  next.receive({ text: 'first' })
  next.receive({ text: 'missed', code: '7' })

  await page.getByRole('button', { name: 'Try now' }).click()
  await says(page, '#connection', 'Live')
  await says(page, '.bubble', 'missed')
  assert.equal(await page.locator('#lost').isHidden(), true)
})
