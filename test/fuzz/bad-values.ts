import type { Chance } from './chance.ts'

/** Texts that have broken programs before; all of them can be stored. */
export const nastyTexts: readonly string[] = [
  ' ',
  '0',
  '-1',
  '00',
  '1e999',
  'NaN',
  'null',
  'true',
  '[object Object]',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '../../etc/passwd',
  "'; drop table users; --",
  '" or ""="',
  '\\',
  '$1',
  '{{ code }}',
  '{% for i in (1..1000000000) %}x{% endfor %}',
  '#{1+1}',
  '%s%n',
  '%00',
  '%zz',
  '<script>',
  '\u0001\u0002\u001f',
  '\u007f',
  '\u0085\u2028\u2029',
  '\u202e\u2066',
  '\ufeff',
  '\uffff',
  '𝟘𝟙',
  '٠١٢٣',
  '👩‍👩‍👧',
  'İıſ',
  'a\tb\r\nc',
  '+14155550137',
  '+1 (415) 555-0137',
  '0'.repeat(200),
  '9'.repeat(400),
  'é'.repeat(300),
  '((((((((((',
  '[[[[',
  '*?*?*?*?*',
  'a:b AND (c:d OR NOT e:[1 TO *})',
  '2020-02-30T25:61:61Z',
  '+275760-09-13T00:00:00.001Z',
  'con_0000000000000000',
  'ntf_0000000000000000000000',
]

/** Values of every JSON kind, one of them a text now and then; storable. */
export function nastyValue(chance: Chance, depth = 0): unknown {
  switch (chance.below(depth > 3 ? 8 : 12)) {
    case 0:
      return null
    case 1:
      return chance.oneIn(2)
    case 2:
      return chance.pick([0, -1, 1.5, -0, 2 ** 31, 2 ** 53, 1e308, -1e308, 5e-324])
    case 3:
      return ''
    case 4:
      return 'x'.repeat(chance.pick([1, 17, 129, 257, 601, 2049, 5121, 21_000]))
    case 5:
    case 6:
    case 7:
      return chance.pick(nastyTexts)
    case 8:
      return Array.from({ length: chance.below(4) }, () => nastyValue(chance, depth + 1))
    case 9:
      return []
    case 10:
      return {}
    default:
      return Object.fromEntries(
        Array.from({ length: 1 + chance.below(3) }, () => [
          chance.pick(['a', 'id', 'length', 'toString', 'constructor', 'type', 'then', '']),
          nastyValue(chance, depth + 1),
        ]),
      )
  }
}

/** A JSON text that no route may take, whatever its schema: the object with something impossible in it. */
export function unacceptableJson(chance: Chance, object: unknown): Buffer {
  const text = JSON.stringify(object ?? {})
  const inside = (member: string): Buffer =>
    Buffer.from(
      text.startsWith('{') && text !== '{}'
        ? `{${member},${text.slice(1)}`
        : text === '{}'
          ? `{${member}}`
          : `[{${member}}]`,
    )
  switch (chance.below(12)) {
    case 0:
      return Buffer.from(text.slice(0, -1))
    case 1:
      return Buffer.from(`${text}}`)
    case 2:
      return Buffer.concat([
        Buffer.from('{"a":"'),
        Buffer.from(chance.pick(['ff', 'c0af', 'eda080', 'f4908080', '80']), 'hex'),
        Buffer.from('"}'),
      ])
    case 3:
      return inside('"a":"\\u0000"')
    case 4:
      return inside(`"a":"${chance.pick(['\\ud800', '\\udfff', '\\udc00\\ud800'])}"`)
    case 5:
      return inside('"\\u0000":1')
    case 6:
      return inside('"__proto__":{"admin":true}')
    case 7:
      return inside(`"a":${'['.repeat(60)}${']'.repeat(60)}`)
    case 8:
      return inside(`"a":${'{"b":'.repeat(5000)}1${'}'.repeat(5000)}`)
    case 9:
      return Buffer.from(
        chance.pick(['NaN', 'undefined', "{'a':1}", '{a:1}', '{"a":01}', '[1,]', '\u0000']),
      )
    case 10:
      return Buffer.from(chance.pick(['"text"', '12', 'true', 'null', '-', '"\\u0000"']))
    default:
      return inside(`"a":"\u0001${chance.pick(['\n', '\t', '\u001f'])}"`)
  }
}

/** A form that no route may take. */
export function unacceptableForm(chance: Chance): Buffer {
  return Buffer.from(
    chance.pick([
      'a[__proto__][b]=1',
      '__proto__=1',
      `a${'[b]'.repeat(80)}=1`,
      'a=1&a[b]=2',
      'a%00=1&b=%00',
      'name=%00',
      'client_id=%00',
    ]),
  )
}
