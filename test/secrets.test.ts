import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { passwordlessOtpGrant } from '../src/contract/passwordless.ts'
import { type FakeTwilioReply, startFakeTwilio } from './fake-twilio.ts'
import { createEmptyDatabase } from './postgres-cluster.ts'
import { findPostgres } from './programs.ts'

/** What must stand nowhere, by what it is. Numbers are apart: they are the account. */
type Found = {
  secrets: Map<string, string>
  codes: Set<string>
  numbers: Set<string>
  /** Numbers that the administrator wrote into a client's metadata. */
  inMetadata: Set<string>
}

/** A server as an operator runs it, on a database of its own, logging all it can. */
async function runProgram(masterKey: string, admin: { id: string; secret: string }) {
  const database = await createEmptyDatabase()
  const carrier = await startFakeTwilio()
  const folder = await mkdtemp(path.join(tmpdir(), 'trunkline-secrets-'))
  const port = await freePort()
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env
  const child = spawn(process.execPath, ['src/cli/main.ts', 'start'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...inherited,
      TRUNKLINE_PORT: String(port),
      TRUNKLINE_URL: 'http://login.example.test',
      TRUNKLINE_DATA_DIR: folder,
      TRUNKLINE_DATABASE_URL: database.url,
      TRUNKLINE_SECRET_KEY: masterKey,
      TRUNKLINE_ADMIN_CLIENT_ID: admin.id,
      TRUNKLINE_ADMIN_CLIENT_SECRET: admin.secret,
      TRUNKLINE_TWILIO_URL: carrier.url,
      TRUNKLINE_LOG_LEVEL: 'trace',
    },
  })
  const output: string[] = []
  child.stdout.on('data', (data) => output.push(String(data)))
  child.stderr.on('data', (data) => output.push(String(data)))
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'close')
    child.kill('SIGTERM')
    await closed
  }
  after(async () => {
    await stop()
    await carrier.close()
    await database.drop()
    await rm(folder, { recursive: true })
  })
  const origin = `http://127.0.0.1:${port}`
  await until('the server is ready', async () => {
    assert.equal(child.exitCode, null, output.join(''))
    const answer = await fetch(`${origin}/readyz`).catch(() => undefined)
    return answer?.status === 200
  })
  return { origin, carrier, databaseUrl: database.url, output, stop }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}

/** Waits for something that another process does. */
async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    if (await condition()) return
    await wait(50)
  }
  throw new Error(`in vain: ${what}`)
}

type Program = Awaited<ReturnType<typeof runProgram>>

async function send(
  { origin }: Program,
  method: string,
  target: string,
  body?: object | string,
  headers: Record<string, string> = {},
) {
  const form = body instanceof URLSearchParams
  const answer = await fetch(origin + target, {
    method,
    headers: {
      ...(body !== undefined && !form && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && {
      body: typeof body === 'string' || form ? body : JSON.stringify(body),
    }),
  })
  const text = await answer.text()
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails where it is not there
  let json: any
  try {
    json = JSON.parse(text)
  } catch {
    json = undefined
  }
  return { status: answer.status, body: json, text }
}

test('a database dump, the log and the metrics of a busy server hold no code, credential, body or stray number', async () => {
  const masterKey = randomBytes(32)
  const admin = { id: 'admin', secret: randomBytes(24).toString('hex') }
  const found: Found = {
    secrets: new Map(),
    codes: new Set(),
    numbers: new Set(),
    inMetadata: new Set(),
  }
  found.secrets.set('the admin secret', admin.secret)
  const program = await runProgram(masterKey.toString('base64'), admin)

  await keepBusy(program, admin, found)
  const metrics = await (await fetch(`${program.origin}/metrics`)).text()
  const tables = await dumpTables(program.databaseUrl)
  await program.stop()

  const log = program.output.join('')
  assert.ok(found.codes.size >= 8 && found.secrets.size >= 20 && found.numbers.size >= 10)
  const complaints = [
    ...search('the log', log, found, masterKey),
    ...search('the metrics', metrics, found, masterKey),
    ...strayNumbers('the log', log, found),
    ...strayNumbers('the metrics', metrics, found),
  ]
  for (const [table, rows] of tables) {
    complaints.push(...search(`table ${table}`, rows, found, masterKey))
    if (table === 'users') continue
    // A client's metadata are what its administrator wrote there, and come back as they were.
    const numbers =
      table === 'clients'
        ? new Set([...found.numbers].filter((number) => !found.inMetadata.has(number)))
        : found.numbers
    complaints.push(...strayNumbers(`table ${table}`, rows, { numbers }))
  }
  assert.deepEqual(complaints, [])
  // The search has looked at something, and finds what is there.
  const users = tables.get('users') ?? ''
  const account = [...found.numbers].find((number) => !found.inMetadata.has(number)) ?? ''
  assert.ok(users.includes(account), 'the account keeps its number')
  for (const table of ['messages', 'tenant_logs', 'challenges', 'refresh_tokens']) {
    assert.ok((tables.get(table) ?? '').split('\n').length > 1, `table ${table} has rows`)
  }
  assert.ok((log.match(/"msg":"request"/g)?.length ?? 0) > 60, 'requests are logged')
  assert.match(metrics, /trunkline_messages_total/)
})

/** Everything that handles a code, a number or a credential, at least once, also where it fails. */
async function keepBusy(
  program: Program,
  admin: { id: string; secret: string },
  found: Found,
): Promise<void> {
  const { carrier } = program
  const secret = (name: string, value: unknown = randomBytes(24).toString('hex')): string => {
    assert.ok(typeof value === 'string' && value.length >= 16, `${name} is a secret: ${value}`)
    found.secrets.set(name, value)
    return value
  }
  const number = (): string => {
    const next = `+1202555${String(8100 + found.numbers.size)}`
    found.numbers.add(next)
    return next
  }
  const audience = 'http://login.example.test/api/v2/'
  const { body: adminTokens } = await send(program, 'POST', '/oauth/token', {
    grant_type: 'client_credentials',
    client_id: admin.id,
    client_secret: admin.secret,
    audience,
  })
  const authorization = `Bearer ${secret('the admin token', adminTokens.access_token)}`
  const manage = async (method: string, target: string, body?: object, expected = 300) => {
    const answer = await send(program, method, `/api/v2${target}`, body, { authorization })
    assert.ok(answer.status < expected, `${method} ${target}: ${answer.status} ${answer.text}`)
    return answer.body
  }
  const start = (phone_number: string, more: object = {}) =>
    send(program, 'POST', '/passwordless/start', {
      client_id: 'demo',
      connection: 'sms',
      phone_number,
      ...more,
    })
  const exchange = async (username: string, otp: string) =>
    send(program, 'POST', '/oauth/token', {
      grant_type: passwordlessOtpGrant,
      client_id: 'demo',
      username,
      otp,
      realm: 'sms',
      scope: 'openid profile phone offline_access',
    })
  /** The code of the newest message to a number, when it has got there. */
  const codeOf = async (phone_number: string): Promise<string> => {
    let text = ''
    await until(`a message to ${phone_number}`, async () => {
      const sent = carrier.requests.filter(({ form }) => form.get('To') === phone_number)
      text = sent.at(-1)?.form.get('Body') ?? ''
      return text !== ''
    })
    return keep(text)
  }
  /** Codes have twelve digits here, so that none stands anywhere by accident. */
  const keep = (text: string): string => {
    const code = /[0-9]{12}/.exec(text)?.[0]
    assert.ok(code !== undefined, text)
    found.codes.add(code)
    found.secrets.set(`the body with ${code}`, text)
    return code
  }

  // A connection with what the older way of sending needs.
  const [connection] = await manage('GET', '/connections?name=sms')
  const legacy = (round: number) => ({
    ...connection.options,
    totp: { length: 12, time_step: 300 },
    twilio_sid: 'AC00000000000000000000000000000002',
    twilio_token: secret(`twilio_token ${round}`),
    gateway_url: 'https://gateway.example.test',
    gateway_authentication: {
      method: 'bearer',
      audience: 'gateway',
      subject: 'subject',
      secret: secret(`the gateway secret ${round}`),
    },
  })
  for (const round of [1, 2]) {
    await manage('PATCH', `/connections/${connection.id}`, { options: legacy(round) })
  }
  await manage('POST', '/connections', { name: 'second', strategy: 'sms', options: legacy(3) })

  await manage('POST', '/log-streams', {
    type: 'http',
    sink: {
      httpEndpoint: 'https://logs.example.test/in',
      httpAuthorization: secret('the authorization of a log stream'),
      httpCustomHeaders: [{ header: 'x-key', value: secret('a header of a log stream') }],
    },
  })

  // Clients and APIs.
  const support = number()
  found.inMetadata.add(support)
  const client = await manage('POST', '/clients', {
    name: 'Web',
    app_type: 'regular_web',
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['client_credentials', passwordlessOtpGrant],
    client_metadata: { support },
  })
  secret('a client secret', client.client_secret)
  const given = secret('a client secret that was chosen')
  await manage('PATCH', `/clients/${client.client_id}`, { client_secret: given })
  const rotated = await manage('POST', `/clients/${client.client_id}/rotate-secret`)
  secret('a rotated client secret', rotated.client_secret)
  await send(program, 'POST', '/oauth/token', {
    grant_type: 'client_credentials',
    client_id: client.client_id,
    client_secret: given,
    audience,
  })
  const api = await manage('POST', '/resource-servers', {
    identifier: 'https://api.example.test',
    signing_alg: 'HS256',
    signing_secret: secret('a signing secret'),
  })
  await manage('PATCH', `/resource-servers/${api.id}`, {
    signing_secret: secret('a changed signing secret'),
  })

  // The inbox, a wrong code, the right one, and everything that its tokens can do.
  const first = number()
  await start(first)
  const inbox = await manage('GET', `/phone/inbox?recipient=${encodeURIComponent(first)}&wait=10`)
  const code = keep(inbox.messages[0].text)
  await exchange(first, '000000000000')
  const { body: tokens } = await exchange(first, code)
  await exchange(first, code)
  for (const name of ['access_token', 'id_token', 'refresh_token']) secret(name, tokens[name])
  const renewed = await send(program, 'POST', '/oauth/token', {
    grant_type: 'refresh_token',
    client_id: 'demo',
    refresh_token: tokens.refresh_token,
  })
  for (const name of ['access_token', 'id_token', 'refresh_token']) {
    secret(`renewed ${name}`, renewed.body[name])
  }
  const person = { authorization: `Bearer ${tokens.access_token}` }
  assert.equal((await send(program, 'GET', '/userinfo', undefined, person)).status, 200)
  await send(program, 'GET', '/api/v2/users', undefined, person)

  // A provider, its credentials changed, tests of it, and a template.
  const provider = await manage('POST', '/branding/phone/providers', {
    name: 'twilio',
    configuration: {
      sid: 'AC00000000000000000000000000000001',
      default_from: '+15005550006',
      delivery_methods: ['text', 'voice'],
    },
    credentials: { auth_token: secret('the former auth token') },
  })
  const authToken = secret('the auth token')
  const providerPath = `/branding/phone/providers/${provider.id}`
  await manage('PATCH', providerPath, { credentials: { auth_token: authToken } })
  const template = await manage('POST', '/branding/phone/templates', {
    type: 'otp_verify',
    content: { body: { text: '{{ code }} opens the door of {{ user.phone_number }}' } },
  })
  await manage('POST', `${providerPath}/try`, { to: number(), delivery_method: 'text' })
  await manage('POST', `${providerPath}/try`, { to: number().slice(1), delivery_method: 'voice' })
  await manage('POST', `/branding/phone/templates/${template.id}/try`, { to: number() })

  // Messages that arrive, with the reports of the carrier.
  const arriving = number()
  await start(arriving, {
    authParams: {
      scope: `openid ${arriving}`,
      redirect_uri: `https://app.example.test/?phone=${arriving.slice(1)}`,
      login_hint: arriving,
      state: secret('a state'),
      nonce: secret('a nonce'),
    },
  })
  const arrived = await codeOf(arriving)
  await report(program, authToken, { To: arriving, MessageStatus: 'delivered' })
  await exchange(arriving, '999999999999')
  await exchange(arriving, arrived)

  // Carriers that fail in every way, and quote what they were given.
  const failures: ((quoted: string) => FakeTwilioReply)[] = [
    (quoted) => ({ status: 400, body: { code: 21211, message: `Not a number: ${quoted}` } }),
    (quoted) => ({ status: 400, body: { code: 99999, message: quoted } }),
    (quoted) => ({ status: 503, body: { code: 20503, message: quoted } }),
    (quoted) => ({ status: 429, body: quoted, headers: { 'retry-after': '2' } }),
    (quoted) => ({ status: 500, body: `<html>${quoted}</html>` }),
    () => ({ instead: 'reset' }),
    (quoted) => ({ status: 201, body: quoted }),
  ]
  for (const failure of failures) {
    const unlucky = number()
    carrier.respond(({ form }, index) =>
      form.get('To') === unlucky && index === 0
        ? failure(`${form.get('To')} ${form.get('Body')} ${form.get('To')?.slice(1)}`)
        : undefined,
    )
    await start(unlucky)
    await exchange(unlucky, `${await codeOf(unlucky)}0`)
  }
  const undelivered = number()
  await start(undelivered)
  await codeOf(undelivered)
  await report(program, authToken, {
    To: undelivered,
    MessageStatus: 'undelivered',
    ErrorCode: '30005',
    ErrorMessage: `nobody at ${undelivered}`,
  })
  await report(program, secret('a wrong auth token'), { To: undelivered, MessageStatus: 'sent' })

  // Writes that hold numbers in every spelling that says it is one.
  const managed = number()
  const user = await manage('POST', '/users', { connection: 'sms', phone_number: managed })
  const other = number()
  await manage('PATCH', `/users/${encodeURIComponent(user.user_id)}`, {
    name: other,
    user_metadata: {
      phone: other.slice(1),
      list: [`home ${other}, work 00${other.slice(1)}`],
      spelled: `+1 (202) 555-${other.slice(-4)}`,
      recovery_code: secret('a recovery code'),
    },
    app_metadata: { recipient: other.slice(1), password: secret('a password in metadata') },
  })
  await send(
    program,
    'POST',
    '/api/v2/users',
    { connection: 'sms', phone_number: managed },
    {
      authorization,
    },
  )
  const moved = number()
  await manage('PATCH', `/users/${encodeURIComponent(user.user_id)}`, { phone_number: moved }, 500)
  for (const target of [
    `/users?q=${encodeURIComponent(`phone_number:"${managed}"`)}`,
    `/phone/messages?recipient=${encodeURIComponent(arriving)}`,
    `/logs?q=${encodeURIComponent(managed)}`,
  ]) {
    await manage('GET', target, undefined, 500)
  }
  await manage('DELETE', `/users/${encodeURIComponent(user.user_id)}`)

  // Requests that nobody should make: numbers, codes and tokens in addresses, and in broken bodies.
  const stray = `${encodeURIComponent(first)}&code=${code}&access_token=${tokens.access_token}`
  for (const target of [
    `/passwordless/start?phone_number=${stray}`,
    `/nowhere/${first}?phone_number=${stray}`,
    `/api/v2/users/sms%7C${stray}`,
    `/api/v2/nowhere/${first}/${code}`,
    `/callbacks/twilio/messages/${code}?To=${stray}`,
    `/userinfo?access_token=${tokens.access_token}`,
    `/inbox/messages?after=${code}`,
    `/demo?phone=${stray}`,
    `/%zz${first}?code=${code}`,
  ]) {
    await send(program, 'GET', target)
    await send(program, 'POST', target, {}, { authorization })
  }
  for (const target of ['/oauth/token', '/passwordless/start', '/api/v2/users', '/oauth/revoke']) {
    const broken = `{"phone_number":"${first}","otp":"${code}","client_secret":"${given}"`
    await send(program, 'POST', target, broken, { authorization })
    await send(program, 'POST', target, `${broken},"refresh_token":1,"phone":"${first}"}`, {
      authorization,
    })
  }
  await send(program, 'POST', '/oauth/revoke', {
    client_id: 'demo',
    token: renewed.body.refresh_token,
  })
  // Waiting messages have had the time to be tried again.
  await until('no message is under way', async () => {
    const { messages } = await manage('GET', '/phone/messages?take=100')
    return messages.every(({ state }: { state: string }) => state !== 'sending')
  })
}

/** A report about the newest message to a number. */
async function report(program: Program, authToken: string, form: Record<string, string>) {
  const sent = program.carrier.requests.findLast((request) => request.form.get('To') === form.To)
  const url = sent?.form.get('StatusCallback') ?? ''
  assert.ok(url.startsWith('http://login.example.test/callbacks/'), url)
  const fields = {
    ...form,
    Body: sent?.form.get('Body') ?? '',
    MessageSid: `SM${String(program.carrier.requests.length).padStart(32, '0')}`,
  }
  const signed = Object.entries(fields)
    .sort(([one], [another]) => (one < another ? -1 : 1))
    .flat()
    .join('')
  await send(program, 'POST', new URL(url).pathname, new URLSearchParams(fields), {
    'x-twilio-signature': createHmac('sha1', authToken)
      .update(url + signed)
      .digest('base64'),
  })
}

/** The rows of each table as `pg_dump` writes them. */
async function dumpTables(databaseUrl: string): Promise<Map<string, string>> {
  const programs = await findPostgres()
  assert.ok(programs !== undefined)
  const dump = execFileSync(path.join(programs, 'pg_dump'), ['--dbname', databaseUrl], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  const tables = new Map<string, string>()
  for (const [, table = '', rows = ''] of dump.matchAll(
    /^COPY public\.(\w+) [^\n]* FROM stdin;\n([\s\S]*?)^\\\.$/gm,
  )) {
    tables.set(table, rows)
  }
  return tables
}

/** Where a secret, a code or the master key stands, as it is or in an encoding of it. */
function search(place: string, text: string, found: Found, masterKey: Buffer): string[] {
  const lower = text.toLowerCase()
  const holds = (bytes: Buffer): boolean =>
    text.includes(bytes.toString('base64').replace(/=+$/, '')) ||
    text.includes(bytes.toString('base64url')) ||
    lower.includes(bytes.toString('hex'))
  const holdsText = (secret: string): boolean => {
    // As JSON and as COPY write it, too.
    const spellings = [secret, JSON.stringify(secret).slice(1, -1), secret.replaceAll('\\', '\\\\')]
    return spellings.some((spelling) => text.includes(spelling)) || holds(Buffer.from(secret))
  }
  const secrets = [...found.secrets].filter(
    ([, secret]) =>
      holdsText(secret) ||
      // A token is one by its signature; a hex secret may have been stored as its bytes.
      (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(secret) && holdsText(secret.split('.')[2] ?? '')),
  )
  return [
    ...secrets.map(([name]) => `${place} holds ${name}`),
    ...[...found.codes].filter(holdsText).map((code) => `${place} holds the code ${code}`),
    ...(holds(masterKey) ? [`${place} holds the master key`] : []),
  ]
}

/** Whole numbers, in international form, without its mark, spelled out, or in an address. */
const strayNumbers = (place: string, text: string, { numbers }: Pick<Found, 'numbers'>): string[] =>
  [...numbers]
    .filter((number) => {
      const digits = number.slice(1)
      const hex = Buffer.from(digits).toString('hex')
      return (
        new RegExp(`(?<![0-9a-f])${digits}(?![0-9a-f])`).test(text) ||
        text.includes(`(202) 555-${digits.slice(-4)}`) ||
        text.toLowerCase().includes(hex) ||
        text.includes(Buffer.from(number).toString('base64'))
      )
    })
    .map((number) => `${place} holds the number ${number}`)
