/**
 * Several carriers behind one Action: Twilio Verify for second factors, Plivo for passwordless
 * sign-in, and the gateway at home for countries that are listed. Change the rules in `route`.
 *
 * Secrets
 *   HOME_COUNTRIES  country calling codes for the gateway, e.g. 49,43,41
 *   GATEWAY_URL, GATEWAY_TOKEN
 *   TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_VERIFY_SERVICE_SID, TWILIO_VERIFY_URL
 *   PLIVO_AUTH_ID, PLIVO_AUTH_TOKEN, PLIVO_SRC, PLIVO_URL
 * What they mean stands in sms-gateway.js, twilio-verify.js and plivo.js.
 */

/** @typedef {import('../../types/actions').CustomPhoneProviderEvent} Event */
/** @typedef {{ url: string, authorization: string, body: URLSearchParams | object }} Request */

/** @type {import('../../types/actions').OnExecuteCustomPhoneProvider} */
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const carrier = route(event)
  const { url, authorization, body } = carriers[carrier](event)
  const form = body instanceof URLSearchParams
  let response
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { authorization, ...(!form && { 'content-type': 'application/json' }) },
      body: form ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(8000),
    })
  } catch (error) {
    api.notification.retry(`${carrier} does not answer: ${error}`)
    return
  }
  if (response.ok) return
  const reason = `${carrier} answers ${response.status}`
  if (response.status === 429 || response.status >= 500) api.notification.retry(reason)
  else api.notification.drop(reason)
}

/**
 * Which carrier takes this message: by country first, then by what the message is for.
 *
 * @param {Event} event
 * @returns {keyof typeof carriers}
 */
function route({ notification, connection, secrets }) {
  const home = (secrets.HOME_COUNTRIES ?? '').split(',').filter(Boolean)
  if (home.some((country) => notification.recipient.startsWith(`+${country.trim()}`))) {
    return 'gateway'
  }
  // A connection of strategy `sms` is what tells passwordless from everything else. Only texts:
  // Plivo's example makes no calls. A notice without a code is no matter for Verify.
  const passwordless = connection?.strategy === 'sms' && notification.delivery_method === 'text'
  return passwordless || notification.code === undefined ? 'plivo' : 'twilio'
}

const carriers = {
  /** @param {Event} event @returns {Request} */
  gateway: ({ notification, secrets }) => ({
    url: secrets.GATEWAY_URL ?? '',
    authorization: `Bearer ${secrets.GATEWAY_TOKEN}`,
    body: {
      to: notification.recipient,
      method: notification.delivery_method,
      text: notification.delivery_method === 'voice' ? notification.as_voice : notification.as_text,
    },
  }),

  /** @param {Event} event @returns {Request} */
  twilio: ({ notification, secrets }) => ({
    url: `${secrets.TWILIO_VERIFY_URL ?? 'https://verify.twilio.com'}/v2/Services/${secrets.TWILIO_VERIFY_SERVICE_SID}/Verifications`,
    authorization: basic(secrets.TWILIO_ACCOUNT_SID, secrets.TWILIO_AUTH_TOKEN),
    body: new URLSearchParams({
      To: notification.recipient,
      Channel: notification.delivery_method === 'voice' ? 'call' : 'sms',
      CustomCode: notification.code ?? '',
    }),
  }),

  /** @param {Event} event @returns {Request} */
  plivo: ({ notification, secrets }) => ({
    url: `${secrets.PLIVO_URL ?? 'https://api.plivo.com'}/v1/Account/${secrets.PLIVO_AUTH_ID}/Message/`,
    authorization: basic(secrets.PLIVO_AUTH_ID, secrets.PLIVO_AUTH_TOKEN),
    body: {
      src: notification.from ?? secrets.PLIVO_SRC,
      dst: notification.recipient,
      text: notification.as_text,
      type: 'sms',
      log: false,
    },
  }),
}

/**
 * @param {string | undefined} name
 * @param {string | undefined} password
 */
const basic = (name, password) => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
