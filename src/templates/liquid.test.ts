import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowedFilters, allowedTags, createLiquidEngine, parseFailure } from './liquid.ts'

const engine = createLiquidEngine()
const render = (source: string, scope: object = {}) =>
  engine.render(engine.parse(source), scope, { maxChars: 10_000 })
const refusal = (source: string): string => {
  try {
    engine.parse(source)
  } catch (error) {
    return parseFailure(error)
  }
  return 'none'
}

const tagSources: Record<(typeof allowedTags)[number], string> = {
  for: '{% for a in (1..2) %}{{ a }}{% else %}none{% endfor %}',
  cycle: '{% cycle "a", "b" %}',
  tablerow: '{% tablerow a in (1..2) %}{{ a }}{% endtablerow %}',
  if: '{% if a %}1{% elsif b %}2{% else %}3{% endif %}',
  unless: '{% unless a %}1{% endunless %}',
  case: '{% case a %}{% when 1 %}1{% else %}2{% endcase %}',
  assign: '{% assign a = 1 %}',
  increment: '{% increment a %}',
  decrement: '{% decrement a %}',
  include: '{% include "part" %}',
  layout: '{% layout "part" %}',
  raw: '{% raw %}{{ a }}{% endraw %}',
  comment: '{% comment %}{% capture a %}{% endcomment %}',
}

for (const tag of allowedTags) {
  test(`the tag ${tag} is allowed`, () => {
    assert.equal(refusal(tagSources[tag]), 'none')
  })
}

for (const filter of allowedFilters) {
  test(`the filter ${filter} is allowed and exists`, () => {
    assert.equal(refusal(`{{ a | ${filter} }}`), 'none')
  })
}

for (const tag of ['capture', 'render', 'block', 'echo', 'liquid', 'break', 'continue', 'form']) {
  test(`the tag ${tag} is refused by its name`, () => {
    assert.equal(refusal(`{% ${tag} a %}`), `tag "${tag}" is not allowed`)
    assert.match(refusal(`{% if a %}{% ${tag} a %}{% endif %}`), new RegExp(`^tag "${tag}" is not`))
  })
}

test('an inline comment is refused, and a closing tag without its opening one', () => {
  assert.equal(refusal('{% # note %}'), 'tag "#" is not allowed')
  assert.equal(refusal('{% endif %}'), 'tag "endif" stands alone')
})

const forbiddenFilters = ['where_exp', 'json', 'inspect', 'raw', 'concat', 'where', 'sum', 'uniq']
for (const filter of [...forbiddenFilters, 'base64_encode', 'sha256', 'group_by', 'unknown']) {
  test(`the filter ${filter} is refused by its name, wherever it stands`, () => {
    const expected = new RegExp(`^filter "${filter}" is not allowed`)
    assert.match(refusal(`{{ "x" | ${filter} }}`), expected)
    assert.match(refusal(`{% assign a = "x" | upcase | ${filter}: 1 %}`), expected)
    assert.match(refusal(`{% cycle "x" | ${filter}, "y" %}`), expected)
  })
}

test('include and layout print nothing and read no file', () => {
  const source = 'a{% include "package.json" %}b{% layout "package.json" %}c'

  assert.equal(render(source), 'abc')
  assert.deepEqual(engine.parse(source).ignoredTags, ['include', 'layout'])
})

test('a template does not reach a prototype', () => {
  const source =
    '{{ user.constructor }}{{ user.__proto__ }}{{ user["toString"] }}{{ constructor }}{{ __proto__ }}{{ "x".constructor }}'

  assert.equal(render(source, { user: { name: 'a' } }), '')
})

test('increment does not change the scope that was handed in', () => {
  const scope = { count: 5 }

  assert.equal(render('{% increment count %}{% increment count %}', scope), '56')
  assert.deepEqual(scope, { count: 5 })
})

const bombs: [string, string, RegExp][] = [
  ['a range of a thousand million', '{% for i in (1..1000000000) %}{% endfor %}', /memory/],
  ['a long loop', '{% for i in (1..20000) %}{% endfor %}', /iteration/],
  [
    'a long table row',
    '{% tablerow i in (1..20000) cols:99999 %}{% endtablerow %}',
    /iteration|out/,
  ],
  [
    'nested loops',
    '{% for i in (1..200) %}{% for j in (1..200) %}{% endfor %}{% endfor %}',
    /iteration/,
  ],
  [
    'a doubled string',
    '{% assign a = "aaaaaaaaaa" %}{% for i in (1..99) %}{% assign a = a | append: a %}{% endfor %}',
    /memory/,
  ],
  [
    'a replaced string',
    '{% assign a = "aaaaaaaaaa" %}{% for i in (1..99) %}{% assign a = a | replace: "a", a %}{% endfor %}',
    /memory/,
  ],
  ['a long output', `{% for i in (1..1000) %}${'x'.repeat(1000)}{% endfor %}`, /output/],
  ['a padded date', '{{ "now" | date: "%999999999d" }}', /memory/],
]

for (const [what, source, limit] of bombs) {
  test(`${what} is stopped by a limit`, (t) => {
    // The limit of time stands still: on a busy machine it would be the first.
    t.mock.method(performance, 'now', () => 0)
    assert.throws(() => render(source), limit)
  })
}

test('a template that takes too long is stopped, one of ours is not', (t) => {
  let now = 0
  t.mock.method(performance, 'now', () => {
    now += 60
    return now
  })
  const source = '{% if true %}a{% endif %}{% if true %}b{% endif %}'
  assert.throws(() => render(source), /render limit/)
  assert.equal(engine.render(engine.parse(source), {}, { maxChars: 10, trusted: true }), 'ab')
})

test('a source that is too long or nested too deeply is refused', () => {
  assert.match(refusal('x'.repeat(20_001)), /parse length/)
  assert.match(refusal('{% if a %}'.repeat(1900)), /nested too deeply/)
  assert.match(refusal(`{{ ${'a['.repeat(9000)} }}`), /call stack/)
  assert.equal(refusal('{% if a %}'.repeat(50) + '{% endif %}'.repeat(50)), 'none')
})

test('dates are told in UTC, wherever the server stands', () => {
  assert.equal(render('{{ "2026-03-01T23:30:00Z" | date: "%d %H:%M" }}'), '01 23:30')
})
