/**
 * A gateway of your own: one JSON request for a message, signed, with a key against doubles.
 *
 *   POST GATEWAY_URL
 *   Authorization: Bearer GATEWAY_TOKEN
 *   Idempotency-Key: the same for every try of one message
 *   X-Signature: HMAC-SHA256 of the body by GATEWAY_SIGNING_KEY, hexadecimal (when that is set)
 *   { "to", "from", "method": "text" or "voice", "text", "locale", "type" }
 *
 * Any status 2xx means sent. An address inside your network must be allowed by the operator.
 *
 * Secrets
 *   GATEWAY_URL
 *   GATEWAY_TOKEN
 *   GATEWAY_SIGNING_KEY  optional
 */
const { createHash, createHmac } = require('node:crypto')

/** @type {import('../../types/actions').OnExecuteCustomPhoneProvider} */
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { notification, secrets } = event
  const { recipient, from, delivery_method, as_text, as_voice, locale, message_type } = notification
  const body = JSON.stringify({
    to: recipient,
    from,
    method: delivery_method,
    text: delivery_method === 'voice' ? as_voice : as_text,
    locale,
    type: message_type,
  })

  let response
  try {
    response = await fetch(secrets.GATEWAY_URL ?? '', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${secrets.GATEWAY_TOKEN}`,
        'content-type': 'application/json',
        'idempotency-key': createHash('sha256').update(body).digest('hex'),
        ...(secrets.GATEWAY_SIGNING_KEY && {
          'x-signature': createHmac('sha256', secrets.GATEWAY_SIGNING_KEY)
            .update(body)
            .digest('hex'),
        }),
      },
      body,
      signal: AbortSignal.timeout(8000),
    })
  } catch (error) {
    api.notification.retry(`the gateway does not answer: ${error}`)
    return
  }
  if (response.ok) return

  const reason = `the gateway answers ${response.status}`
  if (response.status === 429 || response.status >= 500) api.notification.retry(reason)
  else api.notification.drop(reason)
}
