import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createTestDatabase } from '../postgres-cluster.ts'
import { printedClient, runTrunkline, startTrunkline, type Trunkline } from '../trunkline.ts'
import {
  type DeployTarget,
  installDeployCli,
  readFolder,
  runDeployCli,
  tenantFolder,
} from './deploy-cli.ts'
import { tenantContent } from './tenant-content.ts'

/**
 * The deploy tool as a customer runs it, over https with the local authority. It imports into a tenant
 * that `tenants create` has just made; each of the tests has a server of its own.
 */

let folder: string
before(async () => {
  installDeployCli()
  folder = await mkdtemp(join(tmpdir(), 'trunkline-deploy-'))
})
after(() => rm(folder, { recursive: true, force: true }))

const servers: Trunkline[] = []
after(() => {
  for (const { child } of servers) child.kill('SIGKILL')
})

/** An empty tenant of a server of its own; `name` tells the folders of the tests apart. */
async function emptyTenant(name: string): Promise<DeployTarget & { content(): Promise<unknown> }> {
  const database = await createTestDatabase()
  after(database.drop)
  const own = join(folder, name)
  await mkdir(own)
  const settings = {
    TRUNKLINE_DATA_DIR: own,
    TRUNKLINE_DATABASE_URL: database.url,
    TRUNKLINE_TLS: 'self-signed',
  }
  const server = await startTrunkline(settings)
  servers.push(server)
  // The first tenant has the other name of this machine.
  const host = `127.0.0.1:${server.port}`
  const { stdout, stderr } = await runTrunkline(
    ['tenants', 'create', 'shop', '--url', `https://${host}`],
    settings,
  )
  assert.equal(stderr, '')
  return {
    host,
    client: printedClient(stdout),
    authority: join(own, 'tls', 'ca.pem'),
    folder: own,
    content: () => tenantContent(database.url, own, 'shop'),
  }
}

// The tool takes its time, and waits for most of it.
describe('the deploy tool', { concurrency: true }, () => {
  test('a folder configures an empty tenant, and its export imported again changes nothing', async () => {
    const target = await emptyTenant('directory')
    const [first, second] = [join(target.folder, 'first'), join(target.folder, 'second')]
    await runDeployCli(target, ['import', '-i', tenantFolder])
    await runDeployCli(target, ['export', '-f', 'directory', '-o', first])
    const before = await target.content()
    await runDeployCli(target, ['import', '-i', first])
    assert.deepEqual(await target.content(), before)
    await runDeployCli(target, ['export', '-f', 'directory', '-o', second])

    const [given, exported] = [await readFolder(tenantFolder), await readFolder(first)]
    assert.deepEqual(await readFolder(second), exported)
    for (const [path, content] of Object.entries(given)) {
      assert.ok(path in exported, `${path} is missing in ${Object.keys(exported).join(' ')}`)
      // Values of secrets are shown to nobody.
      if (path === 'actions/Router.json') continue
      if (typeof content === 'string') assert.equal(exported[path], content)
      else assert.partialDeepStrictEqual(exported[path], content as object, path)
    }
    assert.partialDeepStrictEqual(exported['actions/Router.json'] as object, {
      name: 'Router',
      deployed: true,
      supported_triggers: [{ id: 'custom-phone-provider', version: 'v1' }],
      secrets: [{ name: 'GATEWAY_URL' }],
    })
  })

  test('the same through one file of YAML', async () => {
    const target = await emptyTenant('yaml')
    const exports = ['first', 'second', 'third'].map((name) => join(target.folder, name))
    const [first = '', second = '', third = ''] = exports
    await runDeployCli(target, ['import', '-i', tenantFolder])
    await runDeployCli(target, ['export', '-f', 'yaml', '-o', first])

    // Who moves a tenant fills in what no export tells.
    const file = join(first, 'tenant.yaml')
    const text = await readFile(file, 'utf8')
    const filled = text.replace(
      /^( *)- name: GATEWAY_URL$/m,
      '$&\n$1  value: https://other.example',
    )
    assert.notEqual(filled, text)
    await writeFile(file, filled)

    const other = await emptyTenant('yaml-again')
    await runDeployCli(other, ['import', '-i', file])
    await runDeployCli(other, ['export', '-f', 'yaml', '-o', second])
    const before = await other.content()
    await runDeployCli(other, ['import', '-i', join(second, 'tenant.yaml')])
    assert.deepEqual(await other.content(), before)
    await runDeployCli(other, ['export', '-f', 'yaml', '-o', third])

    assert.deepEqual(await readFolder(third), await readFolder(second))
    // What was made at the same moment stands in any order.
    const sorted = (yaml: string) => yaml.split('\n').sort()
    assert.deepEqual(sorted(await readFile(join(second, 'tenant.yaml'), 'utf8')), sorted(text))
  })
})
