import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { screenLanguages } from '../../src/templates/screens/index.ts'
import { screenNames } from '../../src/templates/screens/texts.ts'
import { faultsOf } from './accessibility.ts'
import { desk, openTabs, phone } from './open-page.ts'
import { screenSamples } from './screen-samples.ts'
import { startScreenServer } from './screen-server.ts'

let server: Awaited<ReturnType<typeof startScreenServer>>
before(async () => {
  server = await startScreenServer()
})
after(() => server.close())

test('every screen has a sample', () => {
  const shown = new Set(screenSamples.map(({ screen }) => screen))
  assert.deepEqual(
    [...screenNames].filter((name) => !shown.has(name)),
    [],
  )
})

/** Each language once, and two of them in all four looks. */
const looks = Object.keys(screenLanguages).flatMap((language, index) =>
  [phone, desk].flatMap((viewport, side) =>
    (['light', 'dark'] as const)
      .map((colorScheme, tone) => ({ language, viewport, colorScheme, look: side * 2 + tone }))
      .filter(({ look }) => ['en', 'ar'].includes(language) || look === index % 4),
  ),
)

for (const { language, viewport, colorScheme } of looks) {
  test(`no violation of WCAG, nothing cut off: ${language}, ${viewport.width} px, ${colorScheme}`, async (t) => {
    const open = await openTabs(t, viewport)
    const page = await open('about:blank')
    await page.emulateMedia({ colorScheme })
    const wrong: string[] = []
    for (const { screen, name } of screenSamples) {
      await page.goto(`${server.origin}/${language}/${screen}/${name}`)
      const found = await faultsOf(page)
      wrong.push(...found.map((words) => `${screen} ${name}: ${words}`))
    }
    assert.deepEqual(wrong, [])
  })
}
