import { notFound, type Row, type Rows, refused } from './row.ts'

const noConnection = refused(404, 'The connection does not exist', 'inexistent_connection')

const one = (row: Omit<Row, 'ids' | 'unknown'> & Pick<Partial<Row>, 'unknown'>): Row => ({
  ids: ({ connectionId }) => [connectionId],
  unknown: noConnection,
  ...row,
})

const noKeys = refused(400, 'keys are not available for this connection', 'invalid_body')

export const connectionRows: Rows = {
  'GET /connections': { scopes: ['read:connections'], query: 'take=10', answer: 200 },
  'POST /connections': {
    scopes: ['create:connections'],
    body: { name: 'second', strategy: 'sms' },
    answer: 201,
  },
  'GET /connections/:id': one({ scopes: ['read:connections'], answer: 200 }),
  'PATCH /connections/:id': one({
    scopes: ['update:connections'],
    body: { options: { disable_signup: false } },
    answer: 200,
  }),
  'GET /connections/:id/clients': one({ scopes: ['read:connections'], answer: 200 }),
  'PATCH /connections/:id/clients': one({
    scopes: ['update:connections'],
    body: ({ clientId }) => [{ client_id: clientId, status: true }],
    answer: 204,
  }),
  // Only connections to a directory are on or off line.
  'GET /connections/:id/status': one({ scopes: ['read:connections'], answer: notFound }),
  'DELETE /connections/:id/users': one({
    scopes: ['delete:users'],
    query: 'email=a@b.test',
    answer: refused(400, 'Connection must be a database connection', 'invalid_body'),
  }),
  // Users go after it; one that is gone already is as good as deleted.
  'DELETE /connections/:id': one({ scopes: ['delete:connections'], answer: 202, unknown: 204 }),
  'GET /connections/:id/keys': one({ scopes: ['read:connections_keys'], answer: noKeys }),
  'POST /connections/:id/keys': one({
    scopes: ['create:connections_keys'],
    anyBody: true,
    answer: noKeys,
  }),
  'POST /connections/:id/keys/rotate': one({
    scopes: ['create:connections_keys', 'update:connections_keys'],
    anyBody: true,
    answer: refused(400, 'Key rotation is not supported on this connection', 'invalid_body'),
  }),
  'GET /connections-directory-provisionings': {
    scopes: ['read:directory_provisionings'],
    query: 'take=50',
    answer: 200,
  },
}
