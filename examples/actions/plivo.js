/**
 * Plivo: texts only. A call of Plivo's fetches its words from a public address of yours, which an
 * Action does not have: a message by voice is dropped.
 *
 * Secrets
 *   PLIVO_AUTH_ID
 *   PLIVO_AUTH_TOKEN
 *   PLIVO_SRC         number or name; the template's `from` goes before it
 *   PLIVO_URL         optional, for tests: instead of https://api.plivo.com
 */

/** @type {import('../../types/actions').OnExecuteCustomPhoneProvider} */
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { notification, secrets } = event
  if (notification.delivery_method === 'voice') {
    api.notification.drop('this Action sends texts only')
    return
  }

  const base = secrets.PLIVO_URL ?? 'https://api.plivo.com'
  const account = `${secrets.PLIVO_AUTH_ID}:${secrets.PLIVO_AUTH_TOKEN}`
  let response
  try {
    response = await fetch(`${base}/v1/Account/${secrets.PLIVO_AUTH_ID}/Message/`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(account).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        src: notification.from ?? secrets.PLIVO_SRC,
        dst: notification.recipient,
        text: notification.as_text,
        type: 'sms',
        // Plivo keeps neither the text nor the whole number: both are personal, one is a password.
        log: false,
      }),
      signal: AbortSignal.timeout(8000),
    })
  } catch (error) {
    api.notification.retry(`Plivo does not answer: ${error}`)
    return
  }
  if (response.ok) return

  const answer = await read(response)
  const reason = `Plivo ${response.status} ${answer.error ?? ''}`.trim()
  if (response.status === 429 || response.status >= 500) api.notification.retry(reason)
  else api.notification.drop(reason)
}

/**
 * What the carrier says; nothing when it is no JSON.
 *
 * @param {Response} response
 * @returns {Promise<{ error?: string }>}
 */
async function read(response) {
  try {
    return JSON.parse(await response.text()) ?? {}
  } catch {
    return {}
  }
}
