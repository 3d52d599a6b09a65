import type { Carrier } from './carrier.ts'
import type { HttpConnection } from './http-connection.ts'
import type { SignIn, Target } from './load.ts'
import { clientIds } from './server-request.ts'

/** Headers of an app's request; both products get the same. */
const head = (path: string) =>
  `POST ${path} HTTP/1.1\r\nhost: bench.example.test\r\nuser-agent: trunkline-bench\r\naccept: application/json\r\ncontent-type: application/json\r\n`

type Step = { head: string; body(number: string, code: string): string }

/** Two requests with the code between them, timed. */
function signInBy(carrier: Carrier, start: Step, finish: Step): Target['signIn'] {
  return async (connection, number): Promise<SignIn> => {
    const begin = performance.now()
    let codeMs = 0
    const code = carrier.nextCode(number).then((text) => {
      codeMs = performance.now() - begin
      return text
    })
    await send(connection, start.head, start.body(number, ''))
    const startMs = performance.now() - begin
    const typed = await code
    const tokenBegin = performance.now()
    await send(connection, finish.head, finish.body(number, typed))
    const end = performance.now()
    return { startMs, codeMs, tokenMs: end - tokenBegin, wholeMs: end - begin }
  }
}

async function send(connection: HttpConnection, headers: string, body: string): Promise<void> {
  const answer = await connection.request(headers, body)
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body.slice(0, 500)}`)
}

/**
 * A public client's sign-in without an audience: an opaque access token, an ID token signed with
 * `alg`, a rotating refresh token.
 */
export function trunklineTarget(
  name: string,
  port: number,
  carrier: Carrier,
  alg: keyof typeof clientIds,
): Target {
  const client = clientIds[alg]
  const scope = 'openid profile phone offline_access'
  return {
    name,
    port,
    signIn: signInBy(
      carrier,
      {
        head: head('/passwordless/start'),
        body: (number) =>
          `{"client_id":"${client}","connection":"sms","phone_number":"${number}","send":"code"}`,
      },
      {
        head: head('/oauth/token'),
        body: (number, code) =>
          `{"grant_type":"http://auth0.com/oauth/grant-type/passwordless/otp","client_id":"${client}","username":"${number}","otp":"${code}","realm":"sms","scope":"${scope}"}`,
      },
    ),
  }
}

/** A user and a session, with its cookie. */
export const betterAuthTarget = (name: string, port: number, carrier: Carrier): Target => ({
  name,
  port,
  signIn: signInBy(
    carrier,
    {
      head: head('/api/auth/phone-number/send-otp'),
      body: (number) => `{"phoneNumber":"${number}"}`,
    },
    {
      head: head('/api/auth/phone-number/verify'),
      body: (number, code) => `{"phoneNumber":"${number}","code":"${code}"}`,
    },
  ),
})
