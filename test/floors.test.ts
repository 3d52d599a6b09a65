import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

/** Which folders of `src` each folder may import. The floors of ARCHITECTURE.md, as data. */
const floors: Readonly<Record<string, readonly string[]>> = {
  base: [],
  contract: ['base'],
  store: ['base', 'contract'],
  templates: ['base', 'contract'],
  actions: ['base', 'contract'],
  providers: ['base', 'contract'],
  domain: ['base', 'contract', 'store', 'templates', 'actions', 'providers'],
  oidc: ['base', 'contract', 'store', 'domain'],
  http: ['base', 'contract', 'templates', 'domain', 'oidc'],
  app: ['base', 'contract', 'store', 'templates', 'actions', 'providers', 'domain', 'oidc', 'http'],
  cli: ['base', 'contract', 'app'],
}

/** Time, chance, environment and network come in through `deps`; these folders make them. */
const mayTouchTheWorld = ['base', 'actions', 'app', 'cli']

/** Only code: a comment may name what code may not use. */
const forbidden: readonly { name: string; pattern: RegExp }[] = [
  { name: 'Date.now', pattern: /\bDate\.now\b/ },
  { name: 'new Date()', pattern: /\bnew Date\(\s*\)/ },
  { name: 'Math.random', pattern: /\bMath\.random\b/ },
  {
    name: 'crypto.random*',
    pattern: /\b(?:randomBytes|randomUUID|randomInt|randomFill(?:Sync)?|getRandomValues)\b/,
  },
  { name: 'process.env', pattern: /\bprocess\.env\b|\bprocess\[['"]env/ },
  {
    name: 'global fetch',
    pattern: /\bglobalThis\.fetch\b|(?<![.\w])fetch\(|(?:=|:|\?\?)\s*fetch\b(?!:)/,
  },
]

const files = globSync('src/**/*.ts').filter((file) => !file.endsWith('.test.ts'))
const folderOf = (file: string): string => file.split(path.sep)[1] ?? ''

test('every folder of src has its floor', () => {
  const unknown = files.filter((file) => floors[folderOf(file)] === undefined)

  assert.deepEqual(unknown, [])
})

test('imports go down only', () => {
  const wrong = files.flatMap((file) =>
    importsOf(codeOf(file))
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => path.join(path.dirname(file), specifier))
      .filter((target) => !mayImport(folderOf(file), target))
      .map((target) => `${file} imports ${target}`),
  )

  assert.deepEqual(wrong, [])
})

test('time, chance, environment and network are taken from deps', () => {
  const wrong = files
    .filter((file) => !mayTouchTheWorld.includes(folderOf(file)))
    .flatMap((file) => {
      const code = codeOf(file)
      return forbidden
        .filter(({ pattern }) => usesOf(code, pattern))
        .map(({ name }) => `${file} uses ${name}`)
    })

  assert.deepEqual(wrong, [])
})

test('the scans see what they forbid', () => {
  const code = "import { a } from '../app/a.ts'\nconst t = Date.now()\nawait fetch(url)"

  assert.deepEqual(importsOf(code), ['../app/a.ts'])
  assert.equal(mayImport('store', path.join('src', 'app', 'a.ts')), false)
  assert.deepEqual(
    forbidden.filter(({ pattern }) => usesOf(code, pattern)).map(({ name }) => name),
    ['Date.now', 'global fetch'],
  )
  assert.deepEqual(
    forbidden.filter(({ pattern }) => usesOf('deps.fetch(url); tools.fetch', pattern)),
    [],
  )
})

function importsOf(code: string): string[] {
  const specifiers = code.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)
  return [...specifiers].map(([, specifier]) => specifier ?? '')
}

function mayImport(folder: string, target: string): boolean {
  const [root, other = ''] = target.split(path.sep)
  if (root !== 'src') return target === 'package.json'
  return other === folder || (floors[folder] ?? []).includes(other)
}

/** A name in an import type or a destructured dependency is no use of the global. */
const usesOf = (code: string, pattern: RegExp): boolean =>
  code.split('\n').some((line) => pattern.test(line) && !/\btypeof fetch\b/.test(line))

/** The file without comments. */
const codeOf = (file: string): string =>
  readFileSync(file, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1')
