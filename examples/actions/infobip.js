/**
 * Infobip: texts and calls.
 *
 * Secrets
 *   INFOBIP_URL      the address of the account, e.g. https://xxxxx.api.infobip.com
 *   INFOBIP_API_KEY
 *   INFOBIP_SENDER   number or name; the template's `from` goes before it
 */
const { createHash } = require('node:crypto')

/** @type {import('../../types/actions').OnExecuteCustomPhoneProvider} */
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { notification, secrets } = event
  const sender = notification.from ?? secrets.INFOBIP_SENDER
  // Infobip writes numbers without the plus. The id finds the message in its logs.
  const destination = {
    to: notification.recipient.replace(/^\+/, ''),
    messageId: reference(notification),
  }

  const [path, message] =
    notification.delivery_method === 'voice'
      ? [
          '/tts/3/advanced',
          {
            from: sender?.replace(/^\+/, ''),
            destinations: [destination],
            text: notification.as_voice,
            language: notification.locale?.split(/[-_]/)[0] ?? 'en',
          },
        ]
      : [
          '/sms/3/messages',
          { sender, destinations: [destination], content: { text: notification.as_text } },
        ]

  let response
  let answer
  try {
    response = await fetch(`${secrets.INFOBIP_URL}${path}`, {
      method: 'POST',
      headers: {
        authorization: `App ${secrets.INFOBIP_API_KEY}`,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body: JSON.stringify({ messages: [message] }),
      signal: AbortSignal.timeout(8000),
    })
    answer = await read(response)
  } catch (error) {
    api.notification.retry(`Infobip does not answer: ${error}`)
    return
  }

  // A number that is refused comes with status 200 and says so inside.
  const status = answer.messages?.[0]?.status
  if (response.ok) {
    if (status?.groupName === 'REJECTED') {
      api.notification.drop(`Infobip ${status.name ?? ''} ${status.description ?? ''}`.trim())
    }
    return
  }
  const text = answer.requestError?.serviceException?.text ?? answer.description ?? ''
  const reason = `Infobip ${response.status} ${text}`.trim()
  if (response.status === 429 || response.status >= 500) api.notification.retry(reason)
  else api.notification.drop(reason)
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
 * @returns {Promise<{
 *   messages?: { status?: { groupName?: string, name?: string, description?: string } }[],
 *   requestError?: { serviceException?: { text?: string } },
 *   description?: string,
 * }>}
 */
async function read(response) {
  try {
    return JSON.parse(await response.text()) ?? {}
  } catch {
    return {}
  }
}
