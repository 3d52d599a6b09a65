import { createHash } from 'node:crypto'
import type { CarrierAnswer, CarrierRequest } from './fake-carrier.ts'
import { awsSignature, vonageKey, vonageToken } from './signatures.ts'

const asText = '123456 is your verification code for Demo.'
const asVoice = 'Your verification code for Demo is 1. 2. 3. 4. 5. 6.'
const from = '+15555550199'
const to = '+15555550100'
const reference = createHash('sha256')
  .update(`${to}\notp_verify\n${asText}`)
  .digest('hex')
  .slice(0, 32)
const basic = (account: string) => `Basic ${Buffer.from(account).toString('base64')}`

/** What a carrier must have been sent. Bodies are JSON, or a form where `form` stands. */
export type Wanted = {
  path: string
  authorization: string | ((request: CarrierRequest) => boolean)
  body?: object
  form?: Record<string, string>
}

export type Carrier = {
  /** The file in `examples/actions`. */
  file: string
  secrets(url: string): Record<string, string>
  text: Wanted
  /** Absent: a message by voice is dropped without a request. */
  voice?: Wanted
  /** A number that the carrier refuses, and what the reason says. */
  refusal: { answer: CarrierAnswer; reason: RegExp }
}

/** Every carrier of `examples/actions`, with the sample event. */
export const carriers: readonly Carrier[] = [
  {
    file: 'twilio-verify.js',
    secrets: (url) => ({
      TWILIO_ACCOUNT_SID: 'AC1',
      TWILIO_AUTH_TOKEN: 'token',
      TWILIO_VERIFY_SERVICE_SID: 'VA1',
      TWILIO_VERIFY_URL: url,
    }),
    text: {
      path: '/v2/Services/VA1/Verifications',
      authorization: basic('AC1:token'),
      form: { To: to, Channel: 'sms', CustomCode: '123456', Locale: 'en' },
    },
    voice: {
      path: '/v2/Services/VA1/Verifications',
      authorization: basic('AC1:token'),
      form: { To: to, Channel: 'call', CustomCode: '123456', Locale: 'en' },
    },
    refusal: {
      answer: { status: 400, body: { code: 60200, message: 'Invalid parameter', status: 400 } },
      reason: /^Twilio Verify 400 60200 Invalid parameter$/,
    },
  },
  {
    file: 'vonage.js',
    secrets: (url) => ({
      VONAGE_APPLICATION_ID: 'app-1',
      VONAGE_PRIVATE_KEY: vonageKey.replaceAll('\n', '\\n'),
      VONAGE_URL: url,
    }),
    text: {
      path: '/v1/messages',
      authorization: vonageToken,
      body: {
        channel: 'sms',
        message_type: 'text',
        to: to.slice(1),
        from: from.slice(1),
        text: asText,
        client_ref: reference,
      },
    },
    voice: {
      path: '/v1/calls',
      authorization: vonageToken,
      body: {
        to: [{ type: 'phone', number: to.slice(1) }],
        from: { type: 'phone', number: from.slice(1) },
        ncco: [{ action: 'talk', text: asVoice, language: 'en-US' }],
      },
    },
    refusal: {
      answer: { status: 422, body: { title: 'Invalid params', detail: 'The value of to is bad.' } },
      reason: /^Vonage 422 Invalid params The value of to is bad\.$/,
    },
  },
  {
    file: 'aws-sns.js',
    secrets: (url) => ({
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 'aws-secret',
      AWS_SNS_SENDER_ID: 'Demo',
      AWS_SNS_URL: url,
    }),
    text: {
      path: '/',
      authorization: awsSignature,
      form: {
        Action: 'Publish',
        Version: '2010-03-31',
        PhoneNumber: to,
        Message: asText,
        'MessageAttributes.entry.1.Name': 'AWS.SNS.SMS.SMSType',
        'MessageAttributes.entry.1.Value.DataType': 'String',
        'MessageAttributes.entry.1.Value.StringValue': 'Transactional',
        'MessageAttributes.entry.2.Name': 'AWS.SNS.SMS.SenderID',
        'MessageAttributes.entry.2.Value.DataType': 'String',
        'MessageAttributes.entry.2.Value.StringValue': 'Demo',
      },
    },
    refusal: {
      answer: {
        status: 400,
        body: '<ErrorResponse><Error><Code>InvalidParameter</Code><Message>bad</Message></Error></ErrorResponse>',
      },
      reason: /^AWS SNS 400 InvalidParameter bad$/,
    },
  },
  {
    file: 'bird.js',
    secrets: (url) => ({
      BIRD_ACCESS_KEY: 'key',
      BIRD_WORKSPACE_ID: 'w1',
      BIRD_SMS_CHANNEL_ID: 'c1',
      BIRD_VOICE_CHANNEL_ID: 'c2',
      BIRD_URL: url,
    }),
    text: {
      path: '/workspaces/w1/channels/c1/messages',
      authorization: 'AccessKey key',
      body: {
        receiver: { contacts: [{ identifierKey: 'phonenumber', identifierValue: to }] },
        body: { type: 'text', text: { text: asText } },
        reference,
      },
    },
    voice: {
      path: '/workspaces/w1/channels/c2/calls',
      authorization: 'AccessKey key',
      body: {
        to,
        callFlow: [
          { command: 'say', options: { locale: 'en-US', text: asVoice } },
          { command: 'hangup' },
        ],
      },
    },
    refusal: {
      answer: { status: 422, body: { code: 'InvalidPayload', message: 'no such number' } },
      reason: /^Bird 422 InvalidPayload no such number$/,
    },
  },
  {
    file: 'plivo.js',
    secrets: (url) => ({ PLIVO_AUTH_ID: 'MA1', PLIVO_AUTH_TOKEN: 'token', PLIVO_URL: url }),
    text: {
      path: '/v1/Account/MA1/Message/',
      authorization: basic('MA1:token'),
      body: { src: from, dst: to, text: asText, type: 'sms', log: false },
    },
    refusal: {
      answer: { status: 400, body: { api_id: 'x', error: 'dst is not valid' } },
      reason: /^Plivo 400 dst is not valid$/,
    },
  },
  {
    file: 'telnyx.js',
    secrets: (url) => ({ TELNYX_API_KEY: 'KEY', TELNYX_TEXML_APP_ID: '42', TELNYX_URL: url }),
    text: {
      path: '/v2/messages',
      authorization: 'Bearer KEY',
      body: { from, to, text: asText, type: 'SMS' },
    },
    voice: {
      path: '/v2/texml/calls/42',
      authorization: 'Bearer KEY',
      body: {
        From: from,
        To: to,
        Texml: `<Response><Say language="en-US">${asVoice}</Say></Response>`,
      },
    },
    refusal: {
      answer: { status: 422, body: { errors: [{ code: '40310', detail: 'Invalid to address' }] } },
      reason: /^Telnyx 422 40310 Invalid to address$/,
    },
  },
  {
    file: 'infobip.js',
    secrets: (url) => ({ INFOBIP_URL: url, INFOBIP_API_KEY: 'key' }),
    text: {
      path: '/sms/3/messages',
      authorization: 'App key',
      body: {
        messages: [
          {
            sender: from,
            destinations: [{ to: to.slice(1), messageId: reference }],
            content: { text: asText },
          },
        ],
      },
    },
    voice: {
      path: '/tts/3/advanced',
      authorization: 'App key',
      body: {
        messages: [
          {
            from: from.slice(1),
            destinations: [{ to: to.slice(1), messageId: reference }],
            text: asVoice,
            language: 'en',
          },
        ],
      },
    },
    refusal: {
      answer: {
        status: 200,
        body: {
          messages: [{ status: { groupName: 'REJECTED', name: 'REJECTED_DESTINATION' } }],
        },
      },
      reason: /^Infobip REJECTED_DESTINATION$/,
    },
  },
  {
    file: 'sinch.js',
    secrets: (url) => ({
      SINCH_SERVICE_PLAN_ID: 'plan',
      SINCH_API_TOKEN: 'token',
      SINCH_VOICE_KEY: 'vk',
      SINCH_VOICE_SECRET: 'vs',
      SINCH_SMS_URL: url,
      SINCH_VOICE_URL: url,
    }),
    text: {
      path: '/xms/v1/plan/batches',
      authorization: 'Bearer token',
      body: { from, to: [to], body: asText, client_reference: reference },
    },
    voice: {
      path: '/calling/v1/callouts',
      authorization: basic('vk:vs'),
      body: {
        method: 'ttsCallout',
        ttsCallout: {
          cli: from,
          destination: { type: 'number', endpoint: to },
          locale: 'en-US',
          text: asVoice,
        },
      },
    },
    refusal: {
      answer: { status: 400, body: { code: 'syntax_invalid_parameter_format', text: 'to' } },
      reason: /^Sinch 400 syntax_invalid_parameter_format to$/,
    },
  },
  {
    file: 'sms-gateway.js',
    secrets: (url) => ({ GATEWAY_URL: `${url}/send`, GATEWAY_TOKEN: 'token' }),
    text: {
      path: '/send',
      authorization: 'Bearer token',
      body: { to, from, method: 'text', text: asText, locale: 'en-US', type: 'otp_verify' },
    },
    voice: {
      path: '/send',
      authorization: 'Bearer token',
      body: { to, from, method: 'voice', text: asVoice, locale: 'en-US', type: 'otp_verify' },
    },
    refusal: { answer: { status: 422 }, reason: /^the gateway answers 422$/ },
  },
]
