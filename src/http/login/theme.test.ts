import assert from 'node:assert/strict'
import test from 'node:test'
import { contrast, parseHex, themeOf } from './theme.ts'

const colours = [
  '#ffff00',
  '#0a6a4c',
  '#000',
  '#ffffff',
  '#ff5500',
  '#777777',
  '#635dff',
  '#00ffaa',
]

test('text in the tenant’s colour can be read, in light and in dark, whatever the colour is', () => {
  for (const primary of colours) {
    const { css } = themeOf({ colors: { primary } }, {}, undefined)
    const links = [...css.matchAll(/--link:(#[0-9a-f]{6})/g)].map((found) => parseHex(found[1]))
    const [light, dark] = links
    assert.ok(light && contrast(light, [255, 255, 255]) >= 4.5, `${primary} light`)
    assert.ok(dark && contrast(dark, [22, 27, 24]) >= 4.5, `${primary} dark`)
    const fill = parseHex(/--fill:(#[0-9a-f]{6})/.exec(css)?.[1])
    const onFill = parseHex(/--on-fill:(#[0-9a-f]{6})/.exec(css)?.[1])
    assert.ok(fill && onFill && contrast(fill, onFill) >= 4.5, `${primary} button`)
  }
})

test('what is no colour, no size and no plain address has no effect', () => {
  const { css, logoUrl, imageOrigins } = themeOf(
    {
      colors: { primary: 'red;}body{display:none', page_background: { type: 'linear-gradient' } },
      logo_url: 'javascript:alert(1)',
      font: { url: 'https://fonts.example/a.woff2");}body{display:none' },
    },
    { widget_corner_radius: 5000 },
    undefined,
  )
  assert.equal(css, '')
  assert.equal(logoUrl, undefined)
  assert.deepEqual(imageOrigins, [])
})

test('logo, corners, ground and font are the tenant’s', () => {
  const theme = themeOf(
    {
      colors: { page_background: '#eef' },
      logo_url: 'https://cdn.example/logo.svg',
      favicon_url: 'https://cdn.example/icon.png',
      font: { url: 'https://fonts.example/face.woff2' },
    },
    { widget_corner_radius: 3, button_border_radius: 0 },
    'https://other.example/picture.png',
  )
  assert.match(theme.css, /--canvas:#eeeeff;--radius:3px;--radius-control:0px/)
  assert.equal(theme.logoUrl, 'https://cdn.example/logo.svg')
  assert.deepEqual(theme.imageOrigins, ['https://cdn.example'])
  assert.equal(theme.fontOrigin, 'https://fonts.example')
})
