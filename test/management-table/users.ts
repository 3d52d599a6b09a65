import { type Row, type Rows, refused } from './row.ts'

const noUser = refused(404, 'The user does not exist.', 'inexistent_user')

export const user = (row: Omit<Row, 'ids' | 'unknown'> & Pick<Partial<Row>, 'unknown'>): Row => ({
  ids: ({ userId }) => [userId],
  unknown: noUser,
  ...row,
})

export const userRows: Rows = {
  'GET /users': {
    scopes: ['read:users', 'read:user_idp_tokens'],
    query: 'include_totals=true',
    answer: 200,
  },
  'POST /users': {
    scopes: ['create:users'],
    body: { connection: 'sms', phone_number: '+14155550188' },
    answer: 201,
  },
  'GET /users/:id': user({
    scopes: ['read:users', 'read:current_user', 'read:user_idp_tokens'],
    answer: 200,
  }),
  'PATCH /users/:id': user({
    scopes: ['update:users', 'update:users_app_metadata', 'update:current_user_metadata'],
    body: { nickname: 'Ada' },
    open: true,
    answer: 200,
  }),
  // An id that nobody has is as good as deleted.
  'DELETE /users/:id': user({
    scopes: ['delete:users', 'delete:current_user'],
    answer: 204,
    unknown: 204,
  }),
  'GET /users-by-email': { scopes: ['read:users'], query: 'email=a@b.test', answer: 200 },
  'GET /users/:id/logs': {
    scopes: ['read:logs', 'read:logs_users'],
    ids: ({ userId }) => [userId],
    query: 'include_totals=true',
    answer: 200,
  },
}
