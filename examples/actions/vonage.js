/**
 * Vonage: texts through the Messages API, calls through the Voice API. One application for both.
 *
 * Secrets
 *   VONAGE_APPLICATION_ID
 *   VONAGE_PRIVATE_KEY  of the application, PEM; line breaks may be written as \n
 *   VONAGE_FROM         number or name; the template's `from` goes before it
 *   VONAGE_URL          optional, for tests and regions: instead of https://api.nexmo.com
 */
const { createHash, createSign, randomUUID } = require('node:crypto')

/** @type {import('../../types/actions').OnExecuteCustomPhoneProvider} */
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { notification, secrets } = event
  const base = secrets.VONAGE_URL ?? 'https://api.nexmo.com'
  // Vonage writes numbers without the plus.
  const to = digits(notification.recipient)
  const from = digits(notification.from ?? secrets.VONAGE_FROM ?? '')

  const [path, body] =
    notification.delivery_method === 'voice'
      ? [
          '/v1/calls',
          {
            to: [{ type: 'phone', number: to }],
            from: { type: 'phone', number: from },
            ncco: [
              {
                action: 'talk',
                text: notification.as_voice,
                language: notification.locale?.replace('_', '-') ?? 'en-US',
              },
            ],
          },
        ]
      : [
          '/v1/messages',
          {
            channel: 'sms',
            message_type: 'text',
            to,
            from,
            text: notification.as_text,
            // Finds the message in reports; Vonage does not refuse a second one of the same name.
            client_ref: reference(notification),
          },
        ]

  let response
  try {
    response = await fetch(`${base}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token(secrets)}`,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(8000),
    })
  } catch (error) {
    api.notification.retry(`Vonage does not answer: ${error}`)
    return
  }
  if (response.ok) return

  const answer = await read(response)
  const reason = `Vonage ${response.status} ${answer.title ?? ''} ${answer.detail ?? ''}`.trim()
  if (response.status === 429 || response.status >= 500) api.notification.retry(reason)
  else api.notification.drop(reason)
}

/** @param {string} number */
const digits = (number) => number.replace(/^\+/, '')

/**
 * The token that Vonage asks for: signed by the application's key, for this one request.
 *
 * @param {{ readonly [name: string]: string | undefined }} secrets
 */
function token(secrets) {
  const now = Math.floor(Date.now() / 1000)
  const parts = [
    { alg: 'RS256', typ: 'JWT' },
    {
      application_id: secrets.VONAGE_APPLICATION_ID,
      iat: now,
      exp: now + 60,
      jti: randomUUID(),
    },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  const content = parts.join('.')
  const key = (secrets.VONAGE_PRIVATE_KEY ?? '').replaceAll('\\n', '\n')
  return `${content}.${createSign('RSA-SHA256').update(content).sign(key, 'base64url')}`
}

/**
 * The same for every try of one message.
 *
 * @param {import('../../types/actions').Notification} notification
 */
const reference = ({ recipient, message_type, as_text }) =>
  createHash('sha256')
    .update(`${recipient}\n${message_type}\n${as_text}`)
    .digest('hex')
    .slice(0, 32)

/**
 * What the carrier says; nothing when it is no JSON.
 *
 * @param {Response} response
 * @returns {Promise<{ title?: string, detail?: string }>}
 */
async function read(response) {
  try {
    return JSON.parse(await response.text()) ?? {}
  } catch {
    return {}
  }
}
