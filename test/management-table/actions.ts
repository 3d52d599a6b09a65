import { type Row, type Rows, refused } from './row.ts'

const noAction = refused(404, 'That action does not exist.')
const noVersion = refused(404, 'That action version does not exist.')
const noTrigger = refused(404, 'That trigger does not exist.')

const action = (row: Omit<Row, 'ids' | 'unknown'>): Row => ({
  ids: ({ actionId }) => [actionId],
  unknown: noAction,
  ...row,
})
const version = (row: Omit<Row, 'ids' | 'unknown'>): Row => ({
  ids: ({ actionId, actionVersionId }) => [actionId, actionVersionId],
  unknown: noVersion,
  unknownFirst: noAction,
  ...row,
})

export const actionRows: Rows = {
  'GET /actions/actions': { scopes: ['read:actions'], query: 'per_page=100', answer: 200 },
  'POST /actions/actions': {
    scopes: ['create:actions'],
    body: { name: 'Another', supported_triggers: [{ id: 'send-phone-message', version: 'v2' }] },
    answer: 201,
  },
  'GET /actions/actions/:id': action({ scopes: ['read:actions'], answer: 200 }),
  'PATCH /actions/actions/:id': action({
    scopes: ['update:actions'],
    body: { name: 'Renamed' },
    answer: 200,
  }),
  'DELETE /actions/actions/:id': action({
    scopes: ['delete:actions'],
    query: 'force=true',
    answer: 204,
  }),
  'POST /actions/actions/:id/deploy': action({
    scopes: ['create:actions'],
    anyBody: true,
    answer: 200,
  }),
  'POST /actions/actions/:id/test': action({
    scopes: ['create:actions'],
    body: { payload: {} },
    open: true,
    answer: 200,
  }),
  'GET /actions/actions/:actionId/versions': action({ scopes: ['read:actions'], answer: 200 }),
  'GET /actions/actions/:actionId/versions/:id': version({ scopes: ['read:actions'], answer: 200 }),
  'POST /actions/actions/:actionId/versions/:id/deploy': {
    ...version({ scopes: ['create:actions'], anyBody: true, answer: 200 }),
    // A version is looked for within its Action.
    unknownFirst: noVersion,
  },
  'GET /actions/executions/:id': {
    scopes: ['read:actions'],
    ids: ({ executionId }) => [executionId],
    answer: 200,
    unknown: refused(404, 'That execution does not exist.'),
  },
  'GET /actions/modules': { scopes: ['read:actions'], query: 'page=0&per_page=100', answer: 200 },
  'GET /actions/triggers': { scopes: ['read:actions'], answer: 200 },
  'GET /actions/triggers/:triggerId/bindings': {
    scopes: ['read:actions'],
    ids: () => ['custom-phone-provider'],
    query: 'page=0&per_page=50',
    answer: 200,
    unknown: noTrigger,
  },
  'PATCH /actions/triggers/:triggerId/bindings': {
    scopes: ['update:actions'],
    ids: () => ['custom-phone-provider'],
    body: ({ actionId }) => ({
      bindings: [{ ref: { type: 'action_id', value: actionId }, display_name: 'Sender' }],
    }),
    answer: 200,
    unknown: noTrigger,
  },
}
