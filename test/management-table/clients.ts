import { type Rows, refused } from './row.ts'

const noClient = refused(404, 'The client does not exist', 'inexistent_client')
const noGrant = refused(404, 'The grant does not exist.', 'inexistent_grant')
const noApi = refused(404, 'The resource server does not exist', 'inexistent_resource_server')
const readClients = [
  'read:clients',
  'read:client_keys',
  'read:client_credentials',
  'read:client_summary',
]

export const clientRows: Rows = {
  'GET /clients': { scopes: readClients, query: 'include_totals=true', answer: 200 },
  'POST /clients': { scopes: ['create:clients'], body: { name: 'Another' }, answer: 201 },
  'GET /clients/:id': {
    scopes: readClients,
    ids: ({ clientId }) => [clientId],
    answer: 200,
    unknown: noClient,
  },
  'PATCH /clients/:id': {
    scopes: ['update:clients', 'update:client_keys', 'update:client_credentials'],
    ids: ({ clientId }) => [clientId],
    body: { name: 'Renamed' },
    answer: 200,
    unknown: noClient,
  },
  'DELETE /clients/:id': {
    scopes: ['delete:clients'],
    ids: ({ clientId }) => [clientId],
    answer: 204,
    unknown: 204,
  },
  'POST /clients/:id/rotate-secret': {
    scopes: ['update:client_keys'],
    ids: ({ clientId }) => [clientId],
    answer: 200,
    anyBody: true,
    unknown: noClient,
  },
  'GET /clients/:id/credentials': {
    scopes: ['read:client_credentials'],
    ids: ({ clientId }) => [clientId],
    answer: 200,
    unknown: noClient,
  },
  'GET /clients/:id/connections': {
    scopes: ['read:connections'],
    also: ['read:clients'],
    ids: ({ clientId }) => [clientId],
    answer: 200,
    unknown: noClient,
  },

  'GET /client-grants': { scopes: ['read:client_grants'], query: 'take=10', answer: 200 },
  'POST /client-grants': {
    scopes: ['create:client_grants'],
    body: ({ clientId, apiIdentifier }) => ({
      client_id: clientId,
      audience: apiIdentifier,
      scope: [],
      subject_type: 'user',
    }),
    answer: 201,
  },
  'GET /client-grants/:id': {
    scopes: ['read:client_grants'],
    ids: ({ grantId }) => [grantId],
    answer: 200,
    unknown: noGrant,
  },
  'PATCH /client-grants/:id': {
    scopes: ['update:client_grants'],
    ids: ({ grantId }) => [grantId],
    body: { scope: [] },
    answer: 200,
    unknown: noGrant,
  },
  'DELETE /client-grants/:id': {
    scopes: ['delete:client_grants'],
    ids: ({ grantId }) => [grantId],
    answer: 204,
    unknown: 204,
  },

  'GET /resource-servers': {
    scopes: ['read:resource_servers'],
    query: 'include_totals=true',
    answer: 200,
  },
  'POST /resource-servers': {
    scopes: ['create:resource_servers'],
    body: { identifier: 'https://another.test' },
    answer: 201,
  },
  'GET /resource-servers/:id': {
    scopes: ['read:resource_servers'],
    // An identifier, with slashes in it.
    ids: ({ apiIdentifier }) => [apiIdentifier],
    answer: 200,
    unknown: noApi,
  },
  'PATCH /resource-servers/:id': {
    scopes: ['update:resource_servers'],
    ids: ({ apiId }) => [apiId],
    body: { token_lifetime: 600 },
    answer: 200,
    unknown: noApi,
  },
  'DELETE /resource-servers/:id': {
    scopes: ['delete:resource_servers'],
    ids: ({ apiId }) => [apiId],
    answer: 204,
    unknown: 204,
  },
}
