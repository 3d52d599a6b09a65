/** Tenant log types that are written here, with what they mean. Source: Auth0's log event type codes. */
export const logTypes = {
  actions_execution_failed: 'Failed run of an Action',
  api_limit: 'Rate limit on an API',
  cs: 'Code sent',
  f: 'Failed login',
  feccft: 'Failed exchange of client credentials for an access token',
  fepotpft: 'Failed exchange of a passwordless code for tokens',
  fertft: 'Failed exchange of a refresh token',
  fn: 'Failed sending of a notification',
  fs: 'Failed sign-up',
  gd_tenant_update: 'Guardian settings changed',
  limit_phone: 'Phone messages throttled',
  limit_wc: 'Blocked after too many wrong codes',
  mgmt_api_read: 'Secrets read over the Management API',
  s: 'Successful login',
  sapi: 'Successful Management API operation',
  sdu: 'User deleted',
  seccft: 'Exchange of client credentials for an access token',
  sertft: 'Exchange of a refresh token',
  ss: 'Successful sign-up',
  ublkdu: 'User unblocked',
  wn: 'Warning while sending a notification',
} as const

export type LogType = keyof typeof logTypes
