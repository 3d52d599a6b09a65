/**
 * The groups by which a log stream is filtered, and which types belong to each. Source: Auth0's log event
 * filters and log event type codes.
 */
export const logCategories = [
  'auth.login.fail',
  'auth.login.notification',
  'auth.login.success',
  'auth.logout.fail',
  'auth.logout.success',
  'auth.signup.fail',
  'auth.signup.success',
  'auth.silent_auth.fail',
  'auth.silent_auth.success',
  'auth.token_exchange.fail',
  'auth.token_exchange.success',
  'management.fail',
  'management.success',
  'scim.event',
  'system.notification',
  'user.fail',
  'user.notification',
  'user.success',
  'actions',
  'other',
] as const

export type LogCategory = (typeof logCategories)[number]

/** The types of each group but `other`, which has every type that stands in no group. */
const grouped: Partial<Record<LogCategory, string>> = {
  'auth.login.fail': 'f fp fu',
  'auth.login.success': 's',
  'auth.logout.fail': 'flo',
  'auth.logout.success': 'slo',
  'auth.signup.fail': 'fs',
  'auth.signup.success': 'ss',
  'auth.silent_auth.fail': 'fsa',
  'auth.silent_auth.success': 'ssa',
  'auth.token_exchange.fail': 'feoobft feotpft fepotpft fercft fepft feccft fertft feacft',
  'auth.token_exchange.success': 'seoobft seotpft sercft sepft seccft sertft seacft',
  'management.success': 'sapi mgmt_api_read',
  'system.notification': 'limit_phone limit_wc limit_mu api_limit api_limit_warning depnote',
  'user.fail': 'fn fcpn fcp fcpr fce fcu fdu my_account_authentication_method_failed',
  'user.notification':
    'cs gd_start_enroll gd_enrollment_complete gd_unenroll gd_update_device_account ublkdu',
  'user.success': 'scpn scp scpr sce scu sdu my_account_authentication_method_succeeded',
  actions: 'actions_execution_failed',
}

const typesOfGroup = new Map(
  Object.entries(grouped).map(([group, types]) => [group, types.split(' ')] as const),
)

const groupOfType = new Map(
  [...typesOfGroup].flatMap(([group, types]) => types.map((type) => [type, group] as const)),
)

/** Whether a type belongs to one of the groups. */
export function isInCategories(type: string, categories: ReadonlySet<string>): boolean {
  return categories.has(groupOfType.get(type) ?? 'other')
}
