import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AppError } from '../../base/app-error.ts'
import {
  BreachedPasswordDetection,
  BreachedPasswordDetectionPatch,
  BruteForceProtection,
  BruteForceProtectionPatch,
  defaultBreachedPasswordDetection,
  defaultPhoneProviderProtection,
  PhoneProviderProtection,
  PhoneProviderProtectionPatch,
  SuspiciousIpThrottling,
  SuspiciousIpThrottlingPatch,
} from '../../contract/protection.ts'
import type { Deps } from '../../domain/deps.ts'
import { changeProtection, mergeSettings } from '../../domain/protection.ts'

const read = { scopes: ['read:attack_protection'] }
const update = { scopes: ['update:attack_protection'] }

/** `/attack-protection/*`. Every PATCH answers the merged settings. */
export const attackProtectionRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  const bruteForce = '/attack-protection/brute-force-protection'
  app.get(
    bruteForce,
    {
      config: { ...read, reply: { 200: BruteForceProtection } },
      schema: { summary: 'Get Brute-force settings' },
    },
    async ({ tenant }) => tenant.protection.brute_force,
  )
  app.patch(
    bruteForce,
    {
      config: { ...update, reply: { 200: BruteForceProtection } },
      schema: { summary: 'Update Brute-force settings', body: BruteForceProtectionPatch },
    },
    async ({ tenant, body }) =>
      changeProtection(deps, tenant, 'brute_force', (before) => mergeSettings(before, body)),
  )

  const suspiciousIp = '/attack-protection/suspicious-ip-throttling'
  app.get(
    suspiciousIp,
    {
      config: { ...read, reply: { 200: SuspiciousIpThrottling } },
      schema: { summary: 'Get Suspicious IP Throttling settings' },
    },
    async ({ tenant }) => tenant.protection.suspicious_ip,
  )
  app.patch(
    suspiciousIp,
    {
      config: { ...update, reply: { 200: SuspiciousIpThrottling } },
      schema: {
        summary: 'Update Suspicious IP Throttling settings',
        body: SuspiciousIpThrottlingPatch,
      },
    },
    async ({ tenant, body }) =>
      changeProtection(deps, tenant, 'suspicious_ip', (before) => mergeSettings(before, body)),
  )

  const breachedPassword = '/attack-protection/breached-password-detection'
  app.get(
    breachedPassword,
    {
      config: { ...read, reply: { 200: BreachedPasswordDetection } },
      schema: { summary: 'Get Breached Password Detection settings' },
    },
    async ({ tenant }) => tenant.protection.breached_password ?? defaultBreachedPasswordDetection,
  )
  app.patch(
    breachedPassword,
    {
      config: { ...update, reply: { 200: BreachedPasswordDetection } },
      schema: {
        summary: 'Update Breached Password Detection settings',
        body: BreachedPasswordDetectionPatch,
      },
    },
    async ({ tenant, body }) =>
      changeProtection(deps, tenant, 'breached_password', (before) =>
        mergeSettings(before ?? defaultBreachedPasswordDetection, body),
      ),
  )

  const phoneProvider = '/attack-protection/phone-provider-protection'
  app.get(
    phoneProvider,
    {
      config: { ...read, reply: { 200: PhoneProviderProtection } },
      schema: { summary: 'Get Phone Provider Protection settings' },
    },
    async ({ tenant }) => tenant.protection.phone_provider ?? defaultPhoneProviderProtection,
  )
  app.patch(
    phoneProvider,
    {
      config: { ...update, reply: { 200: PhoneProviderProtection } },
      schema: {
        summary: 'Update Phone Provider Protection settings',
        body: PhoneProviderProtectionPatch,
      },
    },
    async ({ tenant, body: { type } }) =>
      changeProtection(deps, tenant, 'phone_provider', () => ({
        type: type === 'none' ? 'default' : type,
      })),
  )

  // The deploy tool reads and writes both and goes on after this very answer.
  for (const path of ['/attack-protection/bot-detection', '/attack-protection/captcha']) {
    const refuse = async () => {
      throw new AppError('bot_detection_unavailable')
    }
    app.get(
      path,
      { config: { ...read, reply: {} }, schema: { summary: 'Get Bot Detection settings' } },
      refuse,
    )
    app.patch(
      path,
      { config: { ...update, reply: {} }, schema: { summary: 'Update Bot Detection settings' } },
      refuse,
    )
  }
}
