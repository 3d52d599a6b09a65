/**
 * Bird (formerly MessageBird): texts through an SMS channel, calls through a voice channel.
 *
 * Secrets
 *   BIRD_ACCESS_KEY
 *   BIRD_WORKSPACE_ID
 *   BIRD_SMS_CHANNEL_ID    the sender is a setting of the channel
 *   BIRD_VOICE_CHANNEL_ID  optional: without it a message by voice is dropped
 *   BIRD_URL               optional, for tests: instead of https://api.bird.com
 */
const { createHash } = require('node:crypto')

/** @type {import('../../types/actions').OnExecuteCustomPhoneProvider} */
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { notification, secrets } = event
  const voice = notification.delivery_method === 'voice'
  const channel = voice ? secrets.BIRD_VOICE_CHANNEL_ID : secrets.BIRD_SMS_CHANNEL_ID
  if (channel === undefined) {
    api.notification.drop(`no Bird channel for ${notification.delivery_method}`)
    return
  }

  const base = secrets.BIRD_URL ?? 'https://api.bird.com'
  const body = voice
    ? {
        to: notification.recipient,
        callFlow: [
          {
            command: 'say',
            options: {
              locale: notification.locale?.replace('_', '-') ?? 'en-US',
              text: notification.as_voice,
            },
          },
          { command: 'hangup' },
        ],
      }
    : {
        receiver: {
          contacts: [{ identifierKey: 'phonenumber', identifierValue: notification.recipient }],
        },
        body: { type: 'text', text: { text: notification.as_text } },
        // Finds the message in reports; Bird does not refuse a second one of the same name.
        reference: reference(notification),
      }

  let response
  try {
    response = await fetch(
      `${base}/workspaces/${secrets.BIRD_WORKSPACE_ID}/channels/${channel}/${voice ? 'calls' : 'messages'}`,
      {
        method: 'POST',
        headers: {
          authorization: `AccessKey ${secrets.BIRD_ACCESS_KEY}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(8000),
      },
    )
  } catch (error) {
    api.notification.retry(`Bird does not answer: ${error}`)
    return
  }
  if (response.ok) return

  const answer = await read(response)
  const reason = `Bird ${response.status} ${answer.code ?? ''} ${answer.message ?? ''}`.trim()
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
 * @returns {Promise<{ code?: string, message?: string }>}
 */
async function read(response) {
  try {
    return JSON.parse(await response.text()) ?? {}
  } catch {
    return {}
  }
}
