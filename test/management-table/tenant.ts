import { type Rows, refused, settings } from './row.ts'

const noBotDetection = refused(
  403,
  'Please upgrade your subscription to use bot detection',
  'insufficient_entitlement',
)

export const tenantRows: Rows = {
  ...settings({ '/tenants/settings': { friendly_name: 'Shop' } }, 'tenant_settings'),
  ...settings(
    {
      '/attack-protection/brute-force-protection': { max_attempts: 9 },
      '/attack-protection/suspicious-ip-throttling': { allowlist: ['192.0.2.1'] },
      '/attack-protection/breached-password-detection': { method: 'enhanced' },
      '/attack-protection/phone-provider-protection': { type: 'none' },
      // There is no such assessment here; it is off, and may be set to that.
      '/risk-assessments/settings': { enabled: false },
      '/risk-assessments/settings/new-device': { remember_for: 0 },
    },
    'attack_protection',
  ),
  'GET /attack-protection/bot-detection': {
    scopes: ['read:attack_protection'],
    answer: noBotDetection,
  },
  'PATCH /attack-protection/bot-detection': {
    scopes: ['update:attack_protection'],
    anyBody: true,
    answer: noBotDetection,
  },
  'GET /attack-protection/captcha': {
    scopes: ['read:attack_protection'],
    answer: noBotDetection,
  },
  'PATCH /attack-protection/captcha': {
    scopes: ['update:attack_protection'],
    anyBody: true,
    answer: noBotDetection,
  },
  'GET /logs': {
    scopes: ['read:logs', 'read:logs_users'],
    query: 'include_totals=true',
    answer: 200,
  },
  'GET /logs/:id': {
    scopes: ['read:logs', 'read:logs_users'],
    ids: ({ logId }) => [logId],
    answer: 200,
    unknown: refused(404, 'The log does not exist', 'inexistent_log'),
  },
}
