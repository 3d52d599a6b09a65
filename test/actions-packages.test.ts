import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import type { ActionBuilder } from '../src/actions/action-builder.ts'
import type { ActionRunner } from '../src/actions/action-runner.ts'
import { createActions } from '../src/actions/create-actions.ts'
import type { Config } from '../src/app/config.ts'
import { localCertificate } from '../src/app/local-authority.ts'
import { silentLogger } from '../src/base/logger.ts'
import { programOf } from './hostile/run-snippet.ts'
import { registryMissing } from './registry.ts'

type Seen = { method: string; path: string; headers: IncomingMessage['headers']; body: string }

/** One Action as a tenant writes it, and what has to arrive from it. */
type Sender = {
  /** What it requires. */
  requires: string
  dependencies: Readonly<Record<string, string>>
  code: string
  /** What arrived; the path defaults to `/send`. */
  path?: RegExp
  body: RegExp
  headers?: Readonly<Record<string, RegExp>>
  answer?: string
}

const send = (head: string, body: string): string => `
${head}
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { recipient: to, as_text: text } = event.notification
  const url = event.secrets.URL + '/send'
  ${body}
}
`
const json = /^\{"to":"\+14155550137","text":"Your code is 123456"\}$/
const xml =
  '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m1</MessageId></PublishResult></PublishResponse>'

const senders: readonly Sender[] = [
  {
    requires: 'axios',
    dependencies: { axios: '1.7.9' },
    code: send(
      `const axios = require('axios')`,
      `const { data } = await axios.post(url, { to, text }, { timeout: 5000 })
       console.log(data.sid)`,
    ),
    body: json,
    headers: { 'user-agent': /^axios/ },
  },
  {
    requires: 'twilio',
    dependencies: { twilio: '5.4.0' },
    code: send(
      `const twilio = require('twilio')`,
      `const client = twilio(event.secrets.SID, event.secrets.TOKEN)
       client.api.baseUrl = event.secrets.URL
       const { sid } = await client.messages.create({ to, body: text, from: '+15005550006' })
       console.log(sid)`,
    ),
    path: /^\/2010-04-01\/Accounts\/AC[0-9]{32}\/Messages\.json$/,
    body: /To=%2B14155550137.*Body=Your%20code%20is%20123456|Body=Your.*To=%2B14155550137/,
    headers: { authorization: /^Basic / },
  },
  {
    requires: '@aws-sdk/client-sns',
    dependencies: { '@aws-sdk/client-sns': '3.709.0' },
    code: send(
      `const { SNSClient, PublishCommand } = require('@aws-sdk/client-sns')`,
      `const client = new SNSClient({
         region: 'us-east-1',
         endpoint: event.secrets.URL,
         credentials: { accessKeyId: 'AKID', secretAccessKey: event.secrets.TOKEN },
       })
       const reply = await client.send(new PublishCommand({ PhoneNumber: to, Message: text }))
       console.log(reply.MessageId === 'm1' ? 'sid-1' : reply)`,
    ),
    path: /^\/$/,
    body: /^PhoneNumber=%2B14155550137&Message=Your%20code%20is%20123456&Action=Publish&/,
    headers: { authorization: /^AWS4-HMAC-SHA256 Credential=AKID\// },
    answer: xml,
  },
  {
    requires: 'node-fetch 2',
    dependencies: { 'node-fetch': '2.7.0' },
    code: send(
      `const fetch = require('node-fetch')`,
      `const reply = await fetch(url, { method: 'POST', body: JSON.stringify({ to, text }) })
       console.log((await reply.json()).sid)`,
    ),
    body: json,
    headers: { 'user-agent': /^node-fetch/ },
  },
  {
    requires: 'got 11',
    dependencies: { got: '11.8.6' },
    code: send(
      `const got = require('got')`,
      `const { body } = await got.post(url, { json: { to, text }, responseType: 'json' })
       console.log(body.sid)`,
    ),
    body: json,
    headers: { 'user-agent': /^got/ },
  },
  {
    requires: 'lodash and uuid',
    dependencies: { lodash: '4.17.21', uuid: '11.0.3' },
    code: send(
      `const _ = require('lodash')\nconst { v4 } = require('uuid')`,
      `const body = _.template('{"to":"<%= to %>","text":"<%= text %>"}')(_.pick({ to, text, x: 1 }, ['to', 'text']))
       const reply = await fetch(url, { method: 'POST', body, headers: { 'idempotency-key': v4() } })
       console.log(_.get(await reply.json(), 'sid'))`,
    ),
    body: json,
    headers: { 'idempotency-key': /^[0-9a-f]{8}-[0-9a-f]{4}-4/ },
  },
  {
    requires: 'undici, undeclared',
    dependencies: {},
    code: send(
      `const { request } = require('undici')`,
      `const { body } = await request(url, { method: 'POST', body: JSON.stringify({ to, text }) })
       console.log((await body.json()).sid)`,
    ),
    body: json,
  },
  {
    requires: 'global fetch and crypto',
    dependencies: {},
    code: send(
      `const crypto = require('crypto')`,
      `const body = JSON.stringify({ to, text })
       const signature = crypto.createHmac('sha256', event.secrets.TOKEN).update(body).digest('hex')
       const signal = AbortSignal.timeout(5000)
       const reply = await fetch(url, { method: 'POST', body, signal, headers: { signature } })
       console.log((await reply.json()).sid)`,
    ),
    body: json,
    headers: { signature: /^[0-9a-f]{64}$/ },
  },
  {
    requires: 'https and the trust of its own authority',
    dependencies: {},
    code: send(
      `const https = require('node:https')`,
      `const sid = await new Promise((resolve, reject) => {
         const options = { method: 'POST', ca: event.secrets.CA }
         const request = https.request(event.secrets.TLS_URL + '/send', options, (response) => {
           let body = ''
           response.on('data', (part) => { body += part })
           response.on('end', () => resolve(JSON.parse(body).sid))
         })
         request.on('error', reject)
         request.end(JSON.stringify({ to, text }))
       })
       console.log(sid)`,
    ),
    body: json,
  },
]

const seen: Seen[] = []
let answer = '{}'
const servers: Server[] = []
let actions: ActionRunner & ActionBuilder
let secrets: Record<string, string>

const skip = await registryMissing()

before(async () => {
  if (skip !== false) return
  const folder = await mkdtemp(path.join(tmpdir(), 'trunkline-certificate-'))
  const names = { dataDir: folder, host: '127.0.0.1', url: 'https://localhost' }
  // The members of the settings that a certificate is made from.
  const { cert, key, caFile } = await localCertificate(names as Config)
  const ca = await readFile(caFile ?? '', 'utf8')
  await rm(folder, { recursive: true })
  const plain = await listen(createServer(take))
  const secure = await listen(createTlsServer({ cert, key }, take))
  secrets = {
    URL: `http://127.0.0.1:${plain}`,
    TLS_URL: `https://localhost:${secure}`,
    CA: ca,
    SID: `AC${'0'.repeat(32)}`,
    TOKEN: 'a-secret-of-the-carrier',
  }
  actions = createActions({
    log: silentLogger,
    allow: [`127.0.0.1:${plain}`, `localhost:${secure}`, `127.0.0.1:${secure}`],
  })
})

after(async () => {
  await actions?.close(0)
  for (const server of servers) server.close()
})

for (const sender of senders) {
  test(`an Action that requires ${sender.requires} is built and sends`, { skip }, async () => {
    const dependencies = Object.entries(sender.dependencies).map(([name, version]) => ({
      name,
      version,
    }))
    const build = await actions.build({ code: sender.code, dependencies })
    assert.ok(build.ok, JSON.stringify(build))
    assert.deepEqual(build.built.dependencies, dependencies)
    const program = programOf(sender.requires, build.built.bundle)
    const event = {
      notification: { recipient: '+14155550137', as_text: 'Your code is 123456', code: '123456' },
    }
    seen.length = 0
    answer = sender.answer ?? '{"sid":"sid-1"}'

    assert.deepEqual(await actions.check(program), { ok: true })
    const result = await actions.run(program, { event, secrets })

    assert.equal(result.ended, 'returned', JSON.stringify(result.error))
    const [request] = seen
    assert.equal(seen.length, 1)
    assert.equal(request?.method, 'POST')
    assert.match(request?.path ?? '', sender.path ?? /^\/send$/)
    assert.match(request?.body ?? '', sender.body)
    for (const [name, pattern] of Object.entries(sender.headers ?? {})) {
      assert.match(String(request?.headers[name]), pattern)
    }
    assert.match(result.logs, /sid-1/)
  })
}

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = ''
  for await (const part of request) body += part
  const { method = '', url: path = '', headers } = request
  seen.push({ method, path, headers, body })
  const type = answer.startsWith('<') ? 'text/xml' : 'application/json'
  response.writeHead(200, { 'content-type': type }).end(answer)
}

async function listen(server: Server): Promise<number> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port // a listening TCP server has no other
}
