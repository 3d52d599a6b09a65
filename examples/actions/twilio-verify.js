/**
 * Twilio Verify: the words are Twilio's, the code is ours (`CustomCode`), text and voice.
 *
 * The Verify service must allow custom codes; ask Twilio's support for it.
 * A notice without a code cannot be sent this way and is dropped.
 *
 * Secrets
 *   TWILIO_ACCOUNT_SID         AC…
 *   TWILIO_AUTH_TOKEN
 *   TWILIO_VERIFY_SERVICE_SID  VA…
 *   TWILIO_VERIFY_URL          optional, for tests: instead of https://verify.twilio.com
 */

/** Regional languages of Verify; of all others it takes the language alone. */
const regional = ['en-GB', 'pt-BR', 'zh-CN', 'zh-HK']

/** Verify's answer to one number and one code too often: another try gets the same answer. */
const maxSendAttempts = 60203

/** @type {import('../../types/actions').OnExecuteCustomPhoneProvider} */
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { notification, secrets } = event
  if (notification.code === undefined) {
    api.notification.drop(`Twilio Verify sends codes only, not ${notification.message_type}`)
    return
  }

  const form = new URLSearchParams({
    To: notification.recipient,
    Channel: notification.delivery_method === 'voice' ? 'call' : 'sms',
    CustomCode: notification.code,
  })
  const locale = notification.locale?.replace('_', '-')
  if (locale) form.set('Locale', regional.includes(locale) ? locale : (locale.split('-')[0] ?? ''))

  const base = secrets.TWILIO_VERIFY_URL ?? 'https://verify.twilio.com'
  const account = `${secrets.TWILIO_ACCOUNT_SID}:${secrets.TWILIO_AUTH_TOKEN}`
  let response
  try {
    response = await fetch(
      `${base}/v2/Services/${secrets.TWILIO_VERIFY_SERVICE_SID}/Verifications`,
      {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(account).toString('base64')}` },
        body: form,
        signal: AbortSignal.timeout(8000),
      },
    )
  } catch (error) {
    api.notification.retry(`Twilio Verify does not answer: ${error}`)
    return
  }
  if (response.ok) return

  const answer = await read(response)
  const reason = `Twilio Verify ${response.status} ${answer.code ?? ''} ${answer.message ?? ''}`
  const passing = response.status === 429 || response.status >= 500
  if (passing && answer.code !== maxSendAttempts) api.notification.retry(reason.trim())
  else api.notification.drop(reason.trim())
}

/**
 * What the carrier says; nothing when it is no JSON.
 *
 * @param {Response} response
 * @returns {Promise<{ code?: number, message?: string }>}
 */
async function read(response) {
  try {
    return JSON.parse(await response.text()) ?? {}
  } catch {
    return {}
  }
}
