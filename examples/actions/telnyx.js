/**
 * Telnyx: texts through the Messages API, calls with their words in the request (TeXML).
 *
 * Secrets
 *   TELNYX_API_KEY
 *   TELNYX_FROM                  number or name; the template's `from` goes before it
 *   TELNYX_MESSAGING_PROFILE_ID  optional: needed when the sender is a name
 *   TELNYX_TEXML_APP_ID          optional: without it a message by voice is dropped
 *   TELNYX_URL                   optional, for tests: instead of https://api.telnyx.com
 */

/** @type {import('../../types/actions').OnExecuteCustomPhoneProvider} */
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { notification, secrets } = event
  const voice = notification.delivery_method === 'voice'
  if (voice && secrets.TELNYX_TEXML_APP_ID === undefined) {
    api.notification.drop('no Telnyx application for calls')
    return
  }

  const base = secrets.TELNYX_URL ?? 'https://api.telnyx.com'
  const from = notification.from ?? secrets.TELNYX_FROM
  const locale = notification.locale?.replace('_', '-') ?? 'en-US'
  const [path, body] = voice
    ? [
        `/v2/texml/calls/${secrets.TELNYX_TEXML_APP_ID}`,
        {
          From: from,
          To: notification.recipient,
          Texml: `<Response><Say language="${xml(locale)}">${xml(notification.as_voice)}</Say></Response>`,
        },
      ]
    : [
        '/v2/messages',
        {
          from,
          to: notification.recipient,
          text: notification.as_text,
          type: 'SMS',
          ...(secrets.TELNYX_MESSAGING_PROFILE_ID && {
            messaging_profile_id: secrets.TELNYX_MESSAGING_PROFILE_ID,
          }),
        },
      ]

  let response
  try {
    response = await fetch(`${base}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${secrets.TELNYX_API_KEY}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(8000),
    })
  } catch (error) {
    api.notification.retry(`Telnyx does not answer: ${error}`)
    return
  }
  if (response.ok) return

  const answer = await read(response)
  const first = answer.errors?.[0] ?? {}
  const reason = `Telnyx ${response.status} ${first.code ?? ''} ${first.detail ?? first.title ?? ''}`
  if (response.status === 429 || response.status >= 500) api.notification.retry(reason.trim())
  else api.notification.drop(reason.trim())
}

/** @param {string} text */
const xml = (text) => text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`)

/**
 * What the carrier says; nothing when it is no JSON.
 *
 * @param {Response} response
 * @returns {Promise<{ errors?: { code?: string, title?: string, detail?: string }[] }>}
 */
async function read(response) {
  try {
    return JSON.parse(await response.text()) ?? {}
  } catch {
    return {}
  }
}
