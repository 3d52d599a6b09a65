import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../harness.ts'
import { collectRoutes } from '../routes.ts'
import { placeOf, sdkOperations } from './operations.ts'

/** Clients of the package whose operations are all served, but for those below. */
const clients = [
  'actions',
  'anomaly',
  'attackProtection',
  'branding',
  'clientGrants',
  'clients',
  'connections',
  'logStreams',
  'logs',
  'resourceServers',
  'stats',
  'tenants',
  'userBlocks',
  'users',
]

/** What is not served, as the beginning of its name, and why. */
const absent: Readonly<Record<string, string>> = {
  'actions.modules.': 'no code is shared between Actions; the list is there, and is empty',
  'branding.templates.': 'pages have no template of the tenant',
  'clientGrants.organizations.': 'there are no organizations',
  'clients.credentials.': 'clients prove themselves by a secret; the list is there, and is empty',
  'clients.previewCimdMetadata': 'clients are not read from documents elsewhere',
  'clients.registerCimdClient': 'clients are not read from documents elsewhere',
  'connections.directoryProvisioning.': 'no strategy has a directory',
  'connections.scimConfiguration.': 'no strategy has SCIM',
  'resourceServers.search': 'newer than what the tools use',
  'users.connectedAccounts.': 'no account is connected with others',
  'users.effectivePermissions.': 'there are no roles',
  'users.effectiveRoles.': 'there are no roles',
  'users.groups.': 'there are no groups',
  'users.identities.': 'accounts are not linked',
  'users.permissions.': 'there are none to give; the list is there, and is empty',
  'users.revokeAccess': 'newer than what the tools use',
  'users.riskAssessments.': 'there are no assessments',
  'users.roles.': 'there are none to give; the list is there, and is empty',
}

test('what the package can do and this server does not is known, with a reason', async () => {
  const { routes } = await collectRoutes(() => testServer())
  const served = new Set(
    routes
      .filter(({ scopes }) => scopes !== undefined)
      .map(({ method, url }) => placeOf({ method, path: url.slice('/api/v2'.length) })),
  )

  const missing = sdkOperations
    .filter(({ name }) => clients.some((client) => name.startsWith(`${client}.`)))
    .filter((operation) => !served.has(placeOf(operation)))
    .map(({ name }) => name)

  const reasons = Object.keys(absent)
  const unknown = missing.filter((name) => !reasons.some((reason) => name.startsWith(reason)))
  const needless = reasons.filter((reason) => !missing.some((name) => name.startsWith(reason)))
  assert.deepEqual({ unknown, needless }, { unknown: [], needless: [] })
})

test('the sources of the package give up their operations', () => {
  const names = sdkOperations.map(({ name }) => name)

  assert.ok(names.length > 400, String(names.length))
  assert.equal(new Set(names).size, names.length)
  assert.deepEqual(
    sdkOperations.find(({ name }) => name === 'branding.phone.templates.reset'),
    {
      name: 'branding.phone.templates.reset',
      method: 'PATCH',
      path: '/branding/phone/templates/{id}/reset',
    },
  )
})
