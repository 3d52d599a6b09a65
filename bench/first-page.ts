import { chromium } from 'playwright-core'
import { findChromium } from '../test/programs.ts'

/** Times of one load in ms, from the first byte of the page. */
export type PageLoad = {
  /** The scripts of the page have run: it takes input, and reacts to it. */
  interactive: number
  /** Everything is there. */
  loaded: number
}

/**
 * Loads a page in Chromium, each time as somebody who was never here.
 *
 * @param url.path on the server at `url.port`, which answers to `url.host`
 * @returns undefined without Chromium
 */
export async function loadFirstPage(
  url: { host: string; port: number; path: string },
  times: number,
): Promise<PageLoad[] | undefined> {
  const executablePath = await findChromium()
  if (executablePath === undefined) return undefined
  const browser = await chromium.launch({
    executablePath,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
      `--host-resolver-rules=MAP ${url.host} 127.0.0.1`,
    ],
  })
  const loads: PageLoad[] = []
  try {
    // The first one starts the browser's own processes and is thrown away.
    for (let time = 0; time <= times; time += 1) {
      const context = await browser.newContext({ viewport: { width: 390, height: 844 } })
      const page = await context.newPage()
      await page.goto(`http://${url.host}:${url.port}${url.path}`, { waitUntil: 'load' })
      const load = (await page.evaluate(timesOfPage)) as PageLoad
      await context.close()
      if (time > 0) loads.push(load)
    }
  } finally {
    await browser.close()
  }
  return loads
}

/** Runs in the page; this program has no DOM of its own. */
const timesOfPage = `(() => {
  const [page] = performance.getEntriesByType('navigation')
  return {
    interactive: page.domContentLoadedEventEnd - page.responseStart,
    loaded: page.domComplete - page.responseStart,
  }
})()`
