import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/**
 * What is wrong with a page: violations of WCAG 2.2 AA that axe finds, and content wider than the window.
 * Goes past the page's own content security policy, which no script of a page could.
 */
export async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async (runOnly) => {
    // The page has what the script defined.
    const page = globalThis as unknown as {
      axe: { run: (options: object) => Promise<{ violations: Violation[] }> }
      document: { documentElement: { scrollWidth: number; clientWidth: number } }
    }
    type Violation = { id: string; nodes: { html: string; failureSummary: string }[] }
    const { violations } = await page.axe.run({ runOnly })
    const { scrollWidth, clientWidth } = page.document.documentElement
    return [
      ...violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html} ${nodes[0]?.failureSummary}`),
      ...(scrollWidth > clientWidth ? [`wider than the window: ${scrollWidth}`] : []),
    ]
  }, rules)
}
