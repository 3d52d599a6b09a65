import { createHash, createHmac, createVerify, generateKeyPairSync } from 'node:crypto'
import type { CarrierRequest } from './fake-carrier.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** The application's key, as Vonage hands it out. */
export const vonageKey = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))

/** Vonage's token: signed by the application's key, for this application, for a moment. */
export function vonageToken({ headers }: CarrierRequest): boolean {
  const [scheme, token = ''] = (headers.authorization ?? '').split(' ')
  const [head = '', claims = '', signature = ''] = token.split('.')
  const { application_id, iat, exp, jti } = JSON.parse(Buffer.from(claims, 'base64url').toString())
  const signed = createVerify('RSA-SHA256').update(`${head}.${claims}`)
  return (
    scheme === 'Bearer' &&
    signed.verify(publicKey, signature, 'base64url') &&
    application_id === 'app-1' &&
    exp === iat + 60 &&
    typeof jti === 'string'
  )
}

/** Signature Version 4, worked out from what arrived. */
export function awsSignature({ headers, body }: CarrierRequest): boolean {
  const date = String(headers['x-amz-date'])
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const hmac = (key: string | Buffer, text: string) =>
    createHmac('sha256', key).update(text).digest()
  const names = 'content-type;host;x-amz-date'
  const lines = names.split(';').map((name) => `${name}:${headers[name]}\n`)
  const canonical = `POST\n/\n\n${lines.join('')}\n${names}\n${hash(body)}`
  const scope = `${date.slice(0, 8)}/eu-central-1/sns/aws4_request`
  const day = hmac('AWS4aws-secret', date.slice(0, 8))
  const key = hmac(hmac(hmac(day, 'eu-central-1'), 'sns'), 'aws4_request')
  const toSign = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash(canonical)}`
  return (
    headers.authorization ===
    `AWS4-HMAC-SHA256 Credential=AKID/${scope}, SignedHeaders=${names}, ` +
      `Signature=${hmac(key, toSign).toString('hex')}`
  )
}
