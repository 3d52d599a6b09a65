/**
 * Sinch: texts through the SMS API, calls through the Voice API. The two have keys of their own.
 *
 * Secrets
 *   SINCH_SERVICE_PLAN_ID
 *   SINCH_API_TOKEN        of the service plan
 *   SINCH_FROM             number or name; the template's `from` goes before it
 *   SINCH_REGION           optional: us (default), eu, au, br, ca
 *   SINCH_VOICE_KEY        optional: without it a message by voice is dropped
 *   SINCH_VOICE_SECRET
 *   SINCH_SMS_URL          optional, for tests: instead of https://REGION.sms.api.sinch.com
 *   SINCH_VOICE_URL        optional, for tests and regions: instead of https://calling.api.sinch.com
 */
const { createHash } = require('node:crypto')

/** @type {import('../../types/actions').OnExecuteCustomPhoneProvider} */
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { notification, secrets } = event
  const voice = notification.delivery_method === 'voice'
  if (voice && secrets.SINCH_VOICE_KEY === undefined) {
    api.notification.drop('no Sinch key for calls')
    return
  }

  const { url, authorization, body } = (voice ? call : text)(event)
  let response
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(8000),
    })
  } catch (error) {
    api.notification.retry(`Sinch does not answer: ${error}`)
    return
  }
  if (response.ok) return

  const answer = await read(response)
  const said = answer.text ?? answer.message ?? ''
  const reason = `Sinch ${response.status} ${answer.code ?? answer.errorCode ?? ''} ${said}`.trim()
  if (response.status === 429 || response.status >= 500) api.notification.retry(reason)
  else api.notification.drop(reason)
}

/** @param {import('../../types/actions').CustomPhoneProviderEvent} event */
function text({ notification, secrets }) {
  const base = secrets.SINCH_SMS_URL ?? `https://${secrets.SINCH_REGION ?? 'us'}.sms.api.sinch.com`
  return {
    url: `${base}/xms/v1/${secrets.SINCH_SERVICE_PLAN_ID}/batches`,
    authorization: `Bearer ${secrets.SINCH_API_TOKEN}`,
    body: {
      from: notification.from ?? secrets.SINCH_FROM,
      to: [notification.recipient],
      body: notification.as_text,
      // Finds the message in reports; Sinch does not refuse a second one of the same name.
      client_reference: reference(notification),
    },
  }
}

/** @param {import('../../types/actions').CustomPhoneProviderEvent} event */
function call({ notification, secrets }) {
  const base = secrets.SINCH_VOICE_URL ?? 'https://calling.api.sinch.com'
  const key = `${secrets.SINCH_VOICE_KEY}:${secrets.SINCH_VOICE_SECRET}`
  return {
    url: `${base}/calling/v1/callouts`,
    authorization: `Basic ${Buffer.from(key).toString('base64')}`,
    body: {
      method: 'ttsCallout',
      ttsCallout: {
        cli: notification.from ?? secrets.SINCH_FROM,
        destination: { type: 'number', endpoint: notification.recipient },
        locale: notification.locale?.replace('_', '-') ?? 'en-US',
        text: notification.as_voice,
      },
    },
  }
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
 * @returns {Promise<{ code?: string, text?: string, errorCode?: number, message?: string }>}
 */
async function read(response) {
  try {
    return JSON.parse(await response.text()) ?? {}
  } catch {
    return {}
  }
}
