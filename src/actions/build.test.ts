import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { compileFunction } from 'node:vm'
import { registryMissing } from '../../test/registry.ts'
import { silentLogger } from '../base/logger.ts'
import type { BuiltAction } from './action-builder.ts'
import { createBuilder } from './build.ts'

const builder = createBuilder({ log: silentLogger })
after(() => builder.close())

const skip = await registryMissing()

async function built(code: string, dependencies: Record<string, string> = {}) {
  const build = await builder.build({ code, dependencies: list(dependencies) })
  assert.ok(build.ok, JSON.stringify(build))
  return build.built
}

async function refused(code: string, dependencies: Record<string, string> = {}) {
  const build = await builder.build({ code, dependencies: list(dependencies) })
  assert.ok(!build.ok)
  return build.errors
}

const list = (dependencies: Record<string, string>) =>
  Object.entries(dependencies).map(([name, version]) => ({ name, version }))

/** Runs a bundle here; `asked` are the names that it required when it ran. */
function run({ bundle }: BuiltAction) {
  const asked: string[] = []
  const module: { exports: Record<string, unknown> } = { exports: {} }
  const required = (name: string): unknown => {
    asked.push(name)
    return process.getBuiltinModule(name) ?? { missing: name }
  }
  compileFunction(bundle, ['exports', 'require', 'module'])(module.exports, required, module)
  return { exports: module.exports, asked }
}

describe('the build of an Action', () => {
  test('keeps what was exported, and built-ins and undeclared packages as calls of require', async () => {
    const action = await built(`
      const { createHash } = require('node:crypto')
      const axios = require('axios')
      if (false) return
      exports.onExecuteCustomPhoneProvider = async (event, api) => [createHash('md5'), axios]
      exports.helper = 1`)
    const { exports, asked } = run(action)
    assert.deepEqual(asked, ['node:crypto', 'axios'])
    assert.equal(exports.onExecuteCustomPhoneProvider?.constructor.name, 'AsyncFunction')
    assert.equal(exports.helper, 1)
    assert.match(action.digest, /^[0-9a-f]{64}$/)
    assert.deepEqual(action.dependencies, [])
  })

  test('gives the same result for the same source', async () => {
    const code = 'exports.same = 1'
    assert.equal(await built(code), await built(code))
  })

  test('puts undici in without a declaration', async () => {
    const { exports, asked } = run(await built(`exports.fetch = require('undici').fetch`))
    assert.equal(typeof exports.fetch, 'function')
    assert.ok(asked.every((name) => process.getBuiltinModule(name) !== undefined))
  })

  test('makes a literal import of a built-in a require', async () => {
    const { exports } = run(await built(`exports.load = async () => import('node:os')`))
    const load = exports.load as () => Promise<{ EOL: string }>
    assert.equal((await load()).EOL, '\n')
  })

  for (const [code, words] of [
    ['exports.a = (', /^Line 1: Unexpected/],
    [`import axios from 'axios'`, /^Line 1: .*An Action is a CommonJS module/],
    ['\n\nexport const a = 1', /^Line 3: .*An Action is a CommonJS module/],
    ['}, function () {', /^Line 1: Unexpected token/],
    ['const require = 1', /already been declared/],
  ] as const) {
    test(`refuses ${JSON.stringify(code)} as a syntax error`, async () => {
      const [error] = await refused(code)
      assert.equal(error?.id, 'syntax_error')
      assert.match(error?.msg ?? '', words)
    })
  }

  for (const name of ['name', "'a' + name", '`x${name}`']) {
    test(`refuses import(${name})`, async () => {
      const [error, ...more] = await refused(`exports.f = (name) =>\n import(${name})`)
      assert.equal(error?.id, 'computed_import')
      assert.match(error?.msg ?? '', /^Line 2: /)
      assert.deepEqual(more, [])
    })
  }

  for (const version of [
    'git+https://example.com/a.git',
    'github:a/b',
    'a/b',
    'https://example.com/a.tgz',
    'http://127.0.0.1:1/a.tgz',
    'file:../secret',
    '../secret',
    '/etc',
    'npm:lodash@4',
    'link:/etc',
    'workspace:*',
    'next',
    '1.0.0; rm',
    '$HOME',
  ]) {
    test(`refuses the version ${version}`, async () => {
      const [error, ...more] = await refused('exports.a = 1', { axios: version })
      assert.equal(error?.id, 'invalid_dependency_version')
      assert.deepEqual(more, [])
    })
  }

  for (const name of ['../a', 'a b', '', '@a', 'a@1', 'http://x', '.hidden']) {
    test(`refuses ${JSON.stringify(name)} as a name`, async () => {
      const [error] = await refused('exports.a = 1', { [name]: '1' })
      assert.equal(error?.id, 'invalid_dependency_name')
    })
  }

  test('reads no file of this machine', async () => {
    for (const name of ['/etc/hostname', '../../etc/passwd.json', '../../../proc/self/environ']) {
      const { asked } = run(await built(`exports.a = require(${JSON.stringify(name)})`))
      assert.deepEqual(asked, [name])
    }
    for (const pattern of [
      `require('../../work/' + name + '.json')`,
      `import('../../etc/' + name)`,
    ]) {
      const build = await builder.build({
        code: `exports.f = (name) => ${pattern}`,
        dependencies: [],
      })
      if (build.ok) assert.doesNotMatch(build.built.bundle, /"version"|root:|registry/)
    }
  })
})

describe('packages of an Action', { skip }, () => {
  test('are put in; latest, nothing and ranges become versions', async () => {
    const code = `
      const ms = require('ms')
      exports.ms = ms('1s')
      exports.isOdd = require('is-odd')(3)
      exports.load = async () => (await import('ms')).default('2s')`
    const action = await built(code, { ms: '^2.1.0', 'is-odd': 'latest' })
    const { exports, asked } = run(action)
    assert.equal(exports.ms, 1000)
    assert.equal(exports.isOdd, true)
    assert.equal(await (exports.load as () => Promise<number>)(), 2000)
    assert.deepEqual(asked, [])
    for (const { version } of action.dependencies) assert.match(version, /^\d+\.\d+\.\d+$/)
    assert.match(action.lock, /"node_modules\/is-number"/)
    assert.match(action.lock, /"integrity": "sha512-/)
  })

  test('that do not exist, or not in this version, are told by name', async () => {
    const [name] = await refused('exports.a = 1', { '@trunkline-test/does-not-exist': '' })
    assert.equal(name?.id, 'dependency_unavailable')
    assert.match(name?.msg ?? '', /@trunkline-test\/does-not-exist.* not found/)
    const [version] = await refused('exports.a = 1', { ms: '99.0.0' })
    assert.equal(version?.id, 'dependency_unavailable')
    assert.match(version?.msg ?? '', /ms@99\.0\.0 has no such version/)
  })

  test('that are native are refused by name', async () => {
    const [error] = await refused(`require('bcrypt')`, { bcrypt: '5.1.1' })
    assert.equal(error?.id, 'native_dependency')
    assert.match(error?.msg ?? '', /bcrypt .*Native addons are not supported/)
  })
})
