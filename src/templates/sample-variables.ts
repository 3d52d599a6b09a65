import type { RenderInput } from './render.ts'

/** A code of the usual length for trying a template out. */
export const sampleCode = '123456'

/** An ordinary notification for trying a template out; the number belongs to nobody. */
export const sampleVariables: RenderInput['variables'] = {
  flow: 'test',
  recipient: '+15550100137',
  request_language: 'en',
  tenant: {
    name: 'sample',
    friendly_name: 'Sample Company',
    support_email: 'help@sample.example',
    support_url: 'https://sample.example/help',
    picture_url: 'https://sample.example/logo.png',
  },
  home_url: 'https://sample.example',
  region: 'eu',
  connection: 'sms',
  user: {
    name: 'Alex Sample',
    nickname: 'alex',
    given_name: 'Alex',
    family_name: 'Sample',
    picture: 'https://sample.example/alex.png',
    login_count: 3,
    user_metadata: {},
    app_metadata: {},
    email: 'alex@sample.example',
    email_verified: true,
    phone_number: '+15550100137',
    phone_verified: true,
    multifactor: ['phone'],
    source_ip: '203.0.113.7',
    country: 'Germany',
    city: 'Berlin',
  },
  client: { client_id: 'sampleClient', name: 'Sample App', client_metadata: {} },
  correlation_id: 'sample',
}
