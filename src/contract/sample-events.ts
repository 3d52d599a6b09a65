import type { ActionTrigger } from './actions.ts'

const user = {
  user_id: 'sms|65f0a1b2c3d4e5f6a7b8c9d0',
  name: '+15555550100',
  phone_number: '+15555550100',
  phone_verified: true,
  email_verified: false,
  app_metadata: {},
  user_metadata: {},
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
} as const

const request = {
  ip: '203.0.113.7',
  method: 'POST',
  hostname: 'login.example.com',
  language: 'en-US',
  user_agent: 'Mozilla/5.0',
  geoip: {
    cityName: 'Bellevue',
    continentCode: 'NA',
    countryCode: 'US',
    countryCode3: 'USA',
    countryName: 'United States of America',
    subdivisionCode: 'WA',
    subdivisionName: 'Washington',
    timeZone: 'America/Los_Angeles',
    latitude: 47.61793,
    longitude: -122.19584,
  },
} as const

const client = { client_id: 'demo', name: 'Demo', metadata: {} } as const

/**
 * What an Action is tried with when nobody names an event. Without `secrets`, which are added when it
 * runs. The numbers can be nobody's.
 */
export const sampleEvents: Readonly<Record<ActionTrigger, Readonly<Record<string, unknown>>>> = {
  'custom-phone-provider': {
    client,
    configuration: {},
    connection: { id: 'con_sample', name: 'sms', strategy: 'sms', metadata: {} },
    notification: {
      as_text: '123456 is your verification code for Demo.',
      as_voice: 'Your verification code for Demo is 1. 2. 3. 4. 5. 6.',
      code: '123456',
      delivery_method: 'text',
      from: '+15555550199',
      locale: 'en-US',
      message_type: 'otp_verify',
      recipient: '+15555550100',
    },
    request,
    tenant: { id: 'main', friendly_name: 'Demo' },
    user: { ...user, login_count: 3 },
  },
  'send-phone-message': {
    client,
    configuration: {},
    message_options: {
      action: 'second-factor-authentication',
      code: '123456',
      message_type: 'sms',
      recipient: '+15555550100',
      text: '123456 is your verification code for Demo.',
    },
    request,
    tenant: { id: 'main' },
    user: { ...user, multifactor: ['guardian'] },
  },
}
