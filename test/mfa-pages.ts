import assert from 'node:assert/strict'
import { TestBrowser, type Visit } from './browser-jar.ts'
import { addApp, answerOf, codeRequest, exchange, logIn } from './login-app.ts'
import { type MfaTenant, mfaTenant, sentCode } from './mfa-tenant.ts'

/** The number of the first factor, and two of the second. */
export const own = '+14155550137'
export const second = '+14155550188'
export const third = '+14155550199'

/** A tenant that asks for a second factor, its application and what a person does on the pages. */
export async function mfaPages(...given: Parameters<typeof mfaTenant>) {
  const server = await mfaTenant(...given)
  return pagesOf(server, await addApp(server))
}

export type MfaPages = Awaited<ReturnType<typeof mfaPages>>

/** The same for a tenant that is there already. */
export function pagesOf(server: MfaTenant, clientId: string) {
  const firstFactor = (browser: TestBrowser, change: Record<string, string | undefined> = {}) =>
    logIn(server, browser, codeRequest(clientId, { prompt: 'login', ...change }), own)
  return {
    server,
    clientId,
    browser: () => new TestBrowser(server),
    /** Logs in by the first factor; the page that comes then. */
    firstFactor,
    /** Enrols a phone, by text or call, as somebody who has no factor; the page that comes then. */
    async enrol(browser: TestBrowser, phone = second, type: 'sms' | 'voice' = 'sms') {
      let page = await firstFactor(browser)
      if (screenOf(page) === 'mfa-begin-enroll-options') {
        page = await browser.submit(page, { action: 'phone' })
      }
      page = await browser.submit(page, { action: 'default', country: 'US', phone, type })
      assert.equal(screenOf(page), `mfa-${type}-challenge`, page.text)
      return browser.submit(page, { action: 'default', code: sentCode(server) })
    },
    /** Says that the recovery code was kept. @returns the code and where the browser came to */
    async keepCode(browser: TestBrowser, page: Visit) {
      const recoveryCode = /id="recovery-code"[^>]*>([^<]+)</.exec(page.text)?.[1] ?? ''
      const next = await browser.submit(page, { action: 'default', confirmed: 'true' })
      return { recoveryCode, next }
    },
    /** The claims of the ID token that an answer leads to. */
    async tokens(visit: Visit) {
      const { status, body } = await exchange(server, clientId, answerOf(visit).get('code'))
      assert.equal(status, 200, JSON.stringify(body))
      return body
    },
    /** The id of the only person. */
    async person(): Promise<string> {
      const { body } = await server.manage('GET', '/users?per_page=1')
      return body[0].user_id
    },
    sent: () => server.carrier.requests.length,
  }
}

/** The screen that a page is. */
export const screenOf = ({ text }: Visit): string | undefined =>
  /data-screen="([^"]+)"/.exec(text)?.[1]

/** The buttons of a page, by what they mean. */
export const actionsOf = ({ text }: Visit): string[] =>
  [...text.matchAll(/name="action" value="([^"]+)"/g)].map(([, value = '']) => value)

/** The messages about what was wrong. */
export const errorsOf = ({ text }: Visit): string[] =>
  [...text.matchAll(/(?:class="field-error"[^>]*>|<\/strong>)([^<]+)</g)].map(([, words = '']) =>
    words.replace('&#39;', "'"),
  )
