import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort, lineWith } from '../process.ts'
import { desk, openTabs, phone } from './open-page.ts'

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** What a newcomer starts, with nothing configured but a port and a folder of the test's own. */
async function firstStart(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-first-'))
  const port = await freePort()
  const { TRUNKLINE_TEST_DATABASE_URL: _, ...env } = process.env
  const server = spawn(process.execPath, [program, 'start'], {
    env: { ...env, TRUNKLINE_PORT: String(port), TRUNKLINE_DATA_DIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(async () => {
    server.kill('SIGTERM')
    const [code] = await once(server, 'exit')
    await rm(folder, { recursive: true })
    assert.equal(code, 0)
  })
  await lineWith(server.stdout, 'client_secret')
  return `http://localhost:${port}`
}

for (const [name, viewport] of [
  ['a desktop', desk],
  ['a phone', phone],
] as const) {
  test(`on ${name} a first start, the demo and the inbox end in a sign-in`, async (t) => {
    const origin = await firstStart(t)
    const openTab = await openTabs(t, viewport)
    const inbox = await openTab(`${origin}/inbox`)
    const demo = await openTab(`${origin}/demo`)

    await demo.getByLabel('Phone number').fill('+1 (415) 555-0137')
    await demo.keyboard.press('Enter')
    await demo.getByRole('heading', { name: 'Enter the code' }).waitFor()

    // The inbox was open before the message was asked for: it comes without a reload.
    const text = await inbox
      .getByText(/to continue at/)
      .first()
      .textContent()
    const code = /\d{6}/.exec(text ?? '')?.[0] ?? assert.fail('no code')
    await demo.getByText('Delivered').first().waitFor()
    await demo.getByLabel('Code', { exact: true }).fill(code)
    await demo.keyboard.press('Enter')

    await demo.getByRole('heading', { name: 'You are signed in' }).waitFor()
    await demo.getByText('Signature checked').first().waitFor()
    await demo.getByText('"phone_number": "+14155550137"').first().waitFor()
    await demo.getByRole('button', { name: 'Refresh the tokens' }).click()
    await demo.getByText('Signature checked').first().waitFor()
  })
}
