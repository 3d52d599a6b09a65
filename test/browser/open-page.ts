import assert from 'node:assert/strict'
import { after, type TestContext } from 'node:test'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { findChromium } from '../programs.ts'
import { startPagesServer } from './pages-server.ts'

let browser: Promise<Browser> | undefined

/** One browser for all files, since starting one takes a second. */
function theBrowser(): Promise<Browser> {
  browser ??= launch()
  return browser
}
after(async () => (await browser)?.close())

async function launch(): Promise<Browser> {
  const executablePath = (await findChromium()) ?? assert.fail('no chromium')
  const quiet = ['background-networking', 'component-update', 'sync'].map((it) => `--disable-${it}`)
  const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', ...quiet]
  return chromium.launch({ executablePath, args })
}

/** The server under the pages, as a test drives it. */
export type Server = Awaited<ReturnType<typeof startPagesServer>>

export const phone = { width: 390, height: 844 }
export const desk = { width: 1280, height: 800 }

/** A server and a browser page that fails its test when a script breaks or asks a foreign address. */
export async function openPage(
  t: TestContext,
  path: string,
  viewport = desk,
  prepare?: (server: Server) => void,
) {
  const server = await startPagesServer()
  prepare?.(server)
  const { origin } = server.server
  const context = await (await theBrowser()).newContext({ viewport, locale: 'en-US' })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin })
  await context.addInitScript(fakeSpeech)
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(error.message))
  page.on('console', (line) => {
    if (/Content Security|TrustedHTML/.test(line.text())) wrong.push(line.text())
  })
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) wrong.push(url)
  })
  t.after(async () => {
    await context.close()
    await server.close()
    assert.deepEqual(wrong, [])
  })
  await page.goto(`${origin}${path}`)
  return { server, page }
}

/** Runs in the page: speech that is written down, by a voice of this machine and one of a stranger's. */
function fakeSpeech() {
  const spoken: string[] = []
  const voices = [
    { name: 'cloud', lang: 'en-US', localService: false, default: true },
    { name: 'local', lang: 'en-US', localService: true, default: false },
  ]
  class SpeechSynthesisUtterance extends EventTarget {
    text: string
    voice?: { name: string }
    constructor(text: string) {
      super()
      this.text = text
    }
  }
  const speechSynthesis = {
    getVoices: () => voices,
    speak: ({ text, voice }: SpeechSynthesisUtterance) => spoken.push(`${voice?.name}: ${text}`),
    cancel: () => spoken.push('silence'),
  }
  for (const [name, value] of Object.entries({
    spoken,
    SpeechSynthesisUtterance,
    speechSynthesis,
  })) {
    Object.defineProperty(globalThis, name, { value, configurable: true })
  }
}

/** Tabs of one browser window on a real server, closed after the test. */
export async function openTabs(
  t: TestContext,
  viewport: { width: number; height: number },
  settings: Pick<BrowserContextOptions, 'javaScriptEnabled' | 'colorScheme' | 'locale'> = {},
) {
  const context = await (await theBrowser()).newContext({ viewport, locale: 'en-US', ...settings })
  t.after(() => context.close())
  return async (url: string): Promise<Page> => {
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    await page.goto(url)
    return page
  }
}

/** Waits until the page says so. */
export const says = (page: Page, selector: string, text: string | RegExp) =>
  page.locator(selector).filter({ hasText: text }).first().waitFor()

/** The id of what has the focus. */
export const focused = (page: Page) =>
  page.evaluate(
    // The body of the page; this program has no DOM of its own.
    () =>
      (globalThis as unknown as { document: { activeElement: { id: string } } }).document
        .activeElement.id,
  )
