import { type Row, type Rows, refused, settings } from './row.ts'

const gone = refused(404, 'Notification Resource not found')

const provider = (row: Omit<Row, 'ids' | 'unknown'>): Row => ({
  ids: ({ providerId }) => [providerId],
  unknown: gone,
  ...row,
})
const template = (row: Omit<Row, 'ids' | 'unknown'>): Row => ({
  ids: ({ templateId }) => [templateId],
  unknown: gone,
  ...row,
})

export const phoneRows: Rows = {
  'GET /branding/phone/providers': {
    scopes: ['read:phone_providers'],
    query: 'disabled=false',
    answer: 200,
  },
  'POST /branding/phone/providers': {
    scopes: ['create:phone_providers'],
    body: {
      name: 'twilio',
      configuration: { sid: 'AC1', default_from: '+15005550006', delivery_methods: ['text'] },
      credentials: { auth_token: 'x' },
    },
    open: true,
    answer: refused(409, 'A phone provider is already configured for this tenant.'),
  },
  'GET /branding/phone/providers/:id': provider({ scopes: ['read:phone_providers'], answer: 200 }),
  'PATCH /branding/phone/providers/:id': provider({
    scopes: ['update:phone_providers'],
    body: { disabled: false },
    answer: 200,
  }),
  'DELETE /branding/phone/providers/:id': provider({
    scopes: ['delete:phone_providers'],
    answer: 204,
  }),
  'POST /branding/phone/providers/:id/try': provider({
    scopes: ['create:phone_providers'],
    body: { to: '14155550177' },
    answer: 202,
  }),

  'GET /branding/phone/templates': { scopes: ['read:phone_templates'], answer: 200 },
  'POST /branding/phone/templates': {
    scopes: ['create:phone_templates'],
    body: { type: 'password_breach' },
    answer: 201,
  },
  'GET /branding/phone/templates/:id': template({ scopes: ['read:phone_templates'], answer: 200 }),
  'PATCH /branding/phone/templates/:id': template({
    scopes: ['update:phone_templates'],
    body: { disabled: false },
    answer: 200,
  }),
  'DELETE /branding/phone/templates/:id': template({
    scopes: ['delete:phone_templates'],
    answer: 204,
  }),
  'PATCH /branding/phone/templates/:id/reset': template({
    scopes: ['update:phone_templates'],
    anyBody: true,
    answer: 200,
  }),
  'POST /branding/phone/templates/:id/try': template({
    scopes: ['create:phone_templates'],
    body: { to: '14155550177' },
    open: true,
    answer: 202,
  }),

  'GET /phone/experience': { scopes: ['read:phone_experience'], answer: 200 },
  'GET /phone/inbox': { scopes: ['read:phone_inbox'], query: 'take=10', answer: 200 },
  'GET /phone/messages': { scopes: ['read:phone_messages'], query: 'take=10', answer: 200 },
  'GET /phone/messages/:id': {
    scopes: ['read:phone_messages'],
    ids: ({ messageId }) => [messageId],
    answer: 200,
    unknown: refused(404, 'The message does not exist', 'inexistent_message'),
  },
  ...settings({ '/phone/protection': { number: { count: 50, per_s: 60 } } }, 'phone_protection'),
}
