/**
 * AWS SNS: texts only. Signed by hand (Signature Version 4), so that no package is needed.
 *
 * SNS has no calls: a message by voice is dropped.
 *
 * Secrets
 *   AWS_REGION             e.g. eu-central-1
 *   AWS_ACCESS_KEY_ID      of a user that may do sns:Publish and nothing else
 *   AWS_SECRET_ACCESS_KEY
 *   AWS_SNS_SENDER_ID      optional: name that is shown, where the country allows one
 *   AWS_SNS_URL            optional, for tests: instead of https://sns.REGION.amazonaws.com
 */
const { createHash, createHmac } = require('node:crypto')

/** @type {import('../../types/actions').OnExecuteCustomPhoneProvider} */
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { notification, secrets } = event
  if (notification.delivery_method === 'voice') {
    api.notification.drop('AWS SNS makes no calls')
    return
  }

  const attributes = [['AWS.SNS.SMS.SMSType', 'Transactional']]
  if (secrets.AWS_SNS_SENDER_ID) {
    attributes.push(['AWS.SNS.SMS.SenderID', secrets.AWS_SNS_SENDER_ID])
  }
  const form = new URLSearchParams({
    Action: 'Publish',
    Version: '2010-03-31',
    PhoneNumber: notification.recipient,
    Message: notification.as_text,
  })
  for (const [index, [name = '', value = '']] of attributes.entries()) {
    const entry = `MessageAttributes.entry.${index + 1}`
    form.set(`${entry}.Name`, name)
    form.set(`${entry}.Value.DataType`, 'String')
    form.set(`${entry}.Value.StringValue`, value)
  }

  const url = new URL(secrets.AWS_SNS_URL ?? `https://sns.${secrets.AWS_REGION}.amazonaws.com`)
  const body = form.toString()
  let response
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: sign(url, body, secrets),
      body,
      signal: AbortSignal.timeout(8000),
    })
  } catch (error) {
    api.notification.retry(`AWS SNS does not answer: ${error}`)
    return
  }
  if (response.ok) return

  const answer = await response.text().catch(() => '')
  const code = /<Code>([^<]*)</.exec(answer)?.[1] ?? ''
  const reason = `AWS SNS ${response.status} ${code} ${/<Message>([^<]*)</.exec(answer)?.[1] ?? ''}`
  // SNS says "too fast" with status 400.
  const passing = response.status === 429 || response.status >= 500 || /Throttl/.test(code)
  if (passing) api.notification.retry(reason.trim())
  else api.notification.drop(reason.trim())
}

/**
 * The headers of a signed request: the secret key never travels.
 *
 * @param {URL} url
 * @param {string} body
 * @param {{ readonly [name: string]: string | undefined }} secrets
 * @returns {Record<string, string>}
 */
function sign(url, body, secrets) {
  const type = 'application/x-www-form-urlencoded; charset=utf-8'
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = [time.slice(0, 8), secrets.AWS_REGION, 'sns', 'aws4_request']
  const signed = 'content-type;host;x-amz-date'
  const request = [
    'POST',
    '/',
    '',
    `content-type:${type}`,
    `host:${url.host}`,
    `x-amz-date:${time}`,
    '',
    signed,
    sha256(body),
  ].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(request)].join('\n')
  const key = scope.reduce(
    (former, part) => hmac(former, part ?? ''),
    Buffer.from(`AWS4${secrets.AWS_SECRET_ACCESS_KEY}`),
  )
  const credential = `${secrets.AWS_ACCESS_KEY_ID}/${scope.join('/')}`
  const signature = hmac(key, toSign).toString('hex')
  return {
    'content-type': type,
    'x-amz-date': time,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`,
  }
}

/** @param {string} text */
const sha256 = (text) => createHash('sha256').update(text).digest('hex')

/**
 * @param {Buffer} key
 * @param {string} text
 */
const hmac = (key, text) => createHmac('sha256', key).update(text).digest()
