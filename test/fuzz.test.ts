import assert from 'node:assert/strict'
import { createHmac, randomInt } from 'node:crypto'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Type } from 'typebox'
import { passwordlessOtpGrant } from '../src/contract/passwordless.ts'
import { sql } from '../src/store/sql.ts'
import { dumpTenant } from './database-dump.ts'
import { type Furniture, furnish } from './furnished-tenant.ts'
import { nastyTexts, nastyValue, unacceptableForm, unacceptableJson } from './fuzz/bad-values.ts'
import { type Chance, seededChance } from './fuzz/chance.ts'
import { fromSchema, mutate } from './fuzz/from-schema.ts'
import { exchangeRaw, rawRequest } from './fuzz/raw-requests.ts'
import { quietLogger, type TestServer, testServer } from './harness.ts'
import { collectRoutes, type ServedRoute } from './routes.ts'

const total = 10_000
const overSockets = 800
/** The heap may breathe by this much between the halves. */
const heapMargin = 6 * 1024 * 1024

/** One request for `inject`; the body goes as it is. */
type Wire = {
  method: string
  url: string
  headers: Record<string, string>
  payload?: Buffer
}

/**
 * `bystander` is what must not change: it gets only requests that cannot be right, whatever chance
 * brings. `sacrifice` gets requests that may be right by accident: of it only the absence of 5xx is asked.
 */
type World = {
  server: TestServer
  routes: readonly ServedRoute[]
  bystander: Furniture & { host: string; url: string }
  sacrifice: Furniture & { host: string; url: string }
}

test('ten thousand bad requests bring no 5xx, no change in the database and no growing heap', async (t) => {
  const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31))
  t.diagnostic(`FUZZ_SEED=${seed} repeats this run`)
  const chance = seededChance(seed)
  const complaints: string[] = []
  const world = await prepare((message) => complaints.push(message))
  const { server, bystander } = world
  const { db } = server.app.deps
  await server.app.server.listen({ port: 0, host: '127.0.0.1' })
  const address = server.app.server.server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const tenant = server.tenant.name
  const before = await dumpTenant(db, tenant)
  const failures: string[] = []
  const statuses = new Map<number, number>()
  const count = (status: number) => statuses.set(status, (statuses.get(status) ?? 0) + 1)
  let loggedWrites = 0
  const heaps: number[] = []

  const injected = total - overSockets
  for (let index = 0; index < injected; index += 1) {
    if (index % 20 === 0) server.clock.advance(1000)
    if (index === injected / 2) heaps.push(await heapInUse(server))
    const kind = chance.pick(kinds)
    const wire = kind(chance, world)
    const answer = await server.app.server.inject({
      ...wire,
      method: wire.method as 'GET', // whatever it is, the injector hands it on
    })
    count(answer.statusCode)
    const label = () =>
      `${kind.name} ${wire.method} ${wire.url.slice(0, 300)} ${wire.payload?.toString().slice(0, 300) ?? ''}`
    if (answer.statusCode >= 500)
      failures.push(`${answer.statusCode} ${label()}: ${answer.body.slice(0, 200)}`)
    if (isApi(wire.url) && answer.statusCode >= 400 && answer.body !== '' && !isJson(answer.body))
      failures.push(`no JSON from ${label()}: ${answer.body.slice(0, 100)}`)
    const isWrite = !['GET', 'HEAD', 'OPTIONS'].includes(wire.method)
    if (kind !== accident && wire.url.startsWith('/api/v2') && isWrite && answer.statusCode < 300) {
      // Deletes of what is not there are answered like deletes, and logged.
      if (wire.method !== 'DELETE') failures.push(`taken: ${label()}`)
      loggedWrites += 1
    }
    if (index % 50 === 0) await server.settle()
  }
  heaps.push(await heapInUse(server))

  for (let index = 0; index < overSockets; index += 40) {
    const batch = Array.from({ length: 40 }, () =>
      rawRequest(chance, bystander.host, bystander.adminToken),
    )
    const answers = await Promise.all(batch.map((raw) => exchangeRaw(address.port, raw)))
    batch.forEach(({ name }, at) => {
      for (const { status, body } of answers[at] ?? []) {
        count(status)
        if (status >= 500) failures.push(`${status} raw ${name}: ${body.slice(0, 200)}`)
      }
    })
  }
  await server.settle()
  t.diagnostic(`answers: ${JSON.stringify(Object.fromEntries([...statuses].sort()))}`)
  t.diagnostic(`heap: ${heaps.map((bytes) => Math.round(bytes / 1024)).join(' → ')} kB`)

  assert.deepEqual(failures.slice(0, 20), [], `${failures.length} with FUZZ_SEED=${seed}`)
  assert.deepEqual(complaints.slice(0, 10), [], `FUZZ_SEED=${seed}`)
  await assertOnlyRefusalsAreTold(server, before, loggedWrites)
  const [middle = 0, end = 0] = heaps
  assert.ok(end - middle < heapMargin, `the heap grew by ${end - middle} bytes`)
  // It has not only refused: the server still works.
  assert.equal((await server.manage('GET', '/users')).status, 200)
})

async function prepare(onError: (message: string) => void): Promise<World> {
  const log = {
    ...quietLogger,
    error: (fields: object, message = '') => {
      const { err } = fields as { err?: unknown } // what every call of ours gives
      onError(`${message}: ${err instanceof Error ? err.stack : String(err)}`)
    },
  }
  const { built: server, routes } = await collectRoutes(() => testServer({ log, callbacks: true }))
  const other = await testServer({ clock: server.clock })
  // The counters of the number would fill up; what a limit does is proved elsewhere.
  await other.manage('PATCH', '/phone/protection', { number: null, tenant: null, country: null })
  const bystander = { ...(await furnish(server, '+14155550137')), ...server.tenant }
  const sacrifice = { ...(await furnish(other, '+14155550199')), ...other.tenant }
  return { server, routes, bystander, sacrifice }
}

/** Nothing but counters and entries about refusals: no state that a request could have meant to change. */
async function assertOnlyRefusalsAreTold(
  server: TestServer,
  before: Awaited<ReturnType<typeof dumpTenant>>,
  loggedWrites: number,
) {
  const { db } = server.app.deps
  const after = await dumpTenant(db, server.tenant.name)
  for (const [table, rows] of Object.entries(before)) {
    if (table === 'limit_buckets' || table === 'tenant_logs') continue
    assert.deepEqual(after[table], rows, `table ${table}`)
  }
  const known = new Set(before.tenant_logs)
  const added = (after.tenant_logs ?? [])
    .filter((row) => !known.has(row))
    .map((row) => JSON.parse(row).type as string)
  const told = added.filter((type) => !refusalTypes.has(type))
  assert.equal(told.filter((type) => type === 'sapi').length, loggedWrites)
  assert.deepEqual([...new Set(told.filter((type) => type !== 'sapi'))], [])
  const [{ count = -1 } = {}] = await db.rows(
    Type.Object({ count: Type.Number() }),
    sql`select count(*)::int as count from messages where tenant_id = ${server.tenant.name}`,
  )
  assert.equal(count, before.messages?.length)
}

/** Entries that tell of a request that was refused. */
const refusalTypes = new Set(['f', 'feccft', 'fepotpft', 'ferrt', 'fertft', 'api_limit', 'fcoa'])

/** `/passwordless/verify_redirect` is a browser's, as `/authorize` is. */
const isApi = (url: string) =>
  /^\/(api\/v2|oauth|passwordless(?!\/verify[_-]redirect)|userinfo|callbacks)\b/.test(url)

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

async function heapInUse(server: TestServer): Promise<number> {
  await server.settle()
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  return process.memoryUsage().heapUsed
}

/** Whoever comes without a token, or with one that is none: any route, any body. */
function stranger(chance: Chance, { routes, bystander }: World): Wire {
  const route = chance.pick(routes)
  const badToken = chance.pick([
    '',
    'Bearer x',
    `Bearer ${bystander.accessToken}`,
    'Basic eDp5',
    'x',
  ])
  const isSignIn = /^\/(oauth|passwordless)/.test(route.url)
  return {
    method: route.method,
    url: fill(chance, route.url) + badQuery(chance, route),
    headers: {
      host: route.url.startsWith('/inbox') ? 'localhost' : bystander.host,
      ...(badToken !== '' && !isSignIn && { authorization: badToken }),
      ...oddHeaders(chance),
      ...(hasBody(route) && jsonType),
    },
    ...(hasBody(route) && {
      payload: isSignIn
        ? unacceptableJson(chance, { client_id: 'demo' })
        : asJson(mutate(chance, fromSchema(chance, route.body ?? Type.Unknown()))),
    }),
  }
}

/** A sign-in with one thing in it that is wrong for sure. */
function badSignIn(chance: Chance, { bystander }: World): Wire {
  const isStart = chance.oneIn(2)
  const good = isStart
    ? { client_id: 'demo', connection: 'sms', phone_number: '+14155550123' }
    : { client_id: 'demo', grant_type: 'refresh_token', refresh_token: 'v1.nothing' }
  const wrong = isStart
    ? chance.pick([
        { client_id: nothing(chance) },
        { connection: nothing(chance) },
        { phone_number: notANumber(chance) },
        { send: chance.pick(['link', '', 'CODE', 1, null, {}]) },
        { authParams: chance.pick(['x', 1, [], null, true]) },
        { [chance.pick(['phone', 'toString', '__proto_', 'constructor'])]: nastyValue(chance) },
      ])
    : chance.pick([
        { client_id: nothing(chance) },
        { grant_type: nothing(chance) },
        { refresh_token: nothing(chance) },
        { scope: chance.pick([1, {}, [1], [[]], true]) },
        { grant_type: 'client_credentials', audience: nothing(chance) },
        { grant_type: passwordlessOtpGrant, username: notANumber(chance), otp: '1', realm: 'sms' },
        { grant_type: passwordlessOtpGrant, username: '+14155550123', otp: 1, realm: 'sms' },
        {
          grant_type: passwordlessOtpGrant,
          username: '+14155550123',
          otp: '1',
          realm: nothing(chance),
        },
        { client_id: bystander.clientId, client_secret: nothing(chance) },
      ])
  const body = { ...good, ...wrong }
  // In a form every code is a text, and any text is a guess: that counts.
  const asForm = chance.oneIn(3) && !Object.hasOwn(body, 'otp')
  return {
    method: 'POST',
    url: isStart ? '/passwordless/start' : '/oauth/token',
    headers: { host: bystander.host, ...oddHeaders(chance), ...(asForm ? formType : jsonType) },
    payload: asForm
      ? chance.oneIn(4)
        ? unacceptableForm(chance)
        : asFormText(body)
      : chance.oneIn(4)
        ? unacceptableJson(chance, body)
        : asJson(body),
  }
}

/** A body that no schema can take, for a route that takes one; the ids are real now and then. */
function badBody(chance: Chance, world: World): Wire {
  const { routes, bystander } = world
  const route = chance.pick(routes.filter((each) => each.body !== undefined && isManagement(each)))
  const asForm = chance.oneIn(5)
  const object = fromSchema(chance, route.body ?? {})
  const tooBig = chance.oneIn(60)
  return {
    method: route.method,
    url: fill(chance, route.url, chance.oneIn(2) ? bystander : undefined),
    headers: {
      ...managing(bystander),
      ...oddHeaders(chance),
      ...(asForm && !tooBig
        ? formType
        : chance.oneIn(20)
          ? { 'content-type': 'text/x' }
          : jsonType),
    },
    payload: tooBig
      ? Buffer.from(`{"name":"${'x'.repeat(1_048_576)}"}`)
      : asForm
        ? unacceptableForm(chance)
        : unacceptableJson(chance, object),
  }
}

/** Ids that are none; whatever the body is, there is nothing that it could change. */
function badId(chance: Chance, { routes, bystander }: World): Wire {
  const route = chance.pick(routes.filter((each) => each.url.includes(':id') && isManagement(each)))
  const object = fromSchema(chance, route.body ?? Type.Unknown())
  return {
    method: route.method,
    url: fill(chance, route.url) + badQuery(chance, route),
    headers: { ...managing(bystander), ...oddHeaders(chance), ...(hasBody(route) && jsonType) },
    ...(hasBody(route) && { payload: asJson(chance.oneIn(2) ? object : mutate(chance, object)) }),
  }
}

/** Reads with queries that make no sense. */
function badRead(chance: Chance, { routes, bystander }: World): Wire {
  const route = chance.pick(
    routes.filter((each) => each.query !== undefined && each.method !== 'DELETE'),
  )
  return {
    method: route.method,
    url: fill(chance, route.url, chance.oneIn(2) ? bystander : undefined) + badQuery(chance, route),
    headers: {
      ...managing(bystander),
      ...(route.url.startsWith('/inbox') && { host: 'localhost' }),
      ...oddHeaders(chance),
    },
  }
}

/** Nearly right, and perhaps right: only for the tenant that may be changed. */
function accident(chance: Chance, world: World): Wire {
  const { routes, sacrifice } = world
  if (chance.oneIn(5)) return accidentalSignIn(chance, sacrifice)
  if (chance.oneIn(8)) return signedReport(chance, sacrifice)
  const route = chance.pick(routes.filter(isManagement))
  const object = fromSchema(chance, route.body ?? Type.Unknown())
  return {
    method: route.method,
    url:
      fill(chance, route.url, chance.oneIn(4) ? undefined : sacrifice) +
      (chance.oneIn(2) ? badQuery(chance, route) : ''),
    headers: { ...managing(sacrifice), ...oddHeaders(chance), ...(hasBody(route) && jsonType) },
    ...(hasBody(route) && { payload: asJson(chance.oneIn(3) ? object : mutate(chance, object)) }),
  }
}

function accidentalSignIn(chance: Chance, { host }: { host: string }): Wire {
  const isStart = chance.oneIn(2)
  const number = chance.oneIn(2)
    ? `+1415555${String(chance.below(10_000)).padStart(4, '0')}`
    : notANumber(chance)
  const good = isStart
    ? {
        client_id: 'demo',
        connection: 'sms',
        phone_number: number,
        authParams: { scope: chance.pick(nastyTexts), state: nastyValue(chance) },
      }
    : {
        grant_type: passwordlessOtpGrant,
        client_id: 'demo',
        username: number,
        otp: chance.pick(nastyTexts),
        realm: 'sms',
        scope: chance.pick(nastyTexts),
        audience: chance.pick(nastyTexts),
      }
  return {
    method: 'POST',
    url: isStart ? '/passwordless/start' : '/oauth/token',
    headers: { host, ...oddHeaders(chance), ...jsonType },
    payload: asJson(chance.oneIn(2) ? good : mutate(chance, good)),
  }
}

/** A status report that the carrier has signed, with anything in it. */
function signedReport(
  chance: Chance,
  { host, url, authToken, messageId }: World['sacrifice'],
): Wire {
  const kind = chance.pick(['messages', 'calls'])
  const id = chance.oneIn(2) ? messageId : encodeURIComponent(chance.pick(nastyTexts))
  const texts = [...nastyTexts, '\u0000', 'x'.repeat(3000), 'delivered', 'failed', '30003']
  const form = new URLSearchParams(
    ['MessageSid', 'MessageStatus', 'CallSid', 'CallStatus', 'ErrorCode', 'x'].map(
      (name): [string, string] => [name, chance.pick(texts)],
    ),
  )
  const path = `/callbacks/twilio/${kind}/${id}`
  const signed = [...form]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flat()
    .join('')
  return {
    method: 'POST',
    url: path,
    headers: {
      host,
      ...formType,
      'x-twilio-signature': createHmac('sha1', authToken)
        .update(url + decodeURIComponent(path) + signed)
        .digest('base64'),
    },
    payload: Buffer.from(form.toString()),
  }
}

const kinds = [stranger, badSignIn, badBody, badId, badRead, accident] as const

const jsonType = { 'content-type': 'application/json' }
const formType = { 'content-type': 'application/x-www-form-urlencoded' }
const managing = ({ host, adminToken }: { host: string; adminToken: string }) => ({
  host,
  authorization: `Bearer ${adminToken}`,
})
const isManagement = ({ url }: ServedRoute) => url.startsWith('/api/v2')
const hasBody = ({ method }: ServedRoute) => ['POST', 'PUT', 'PATCH'].includes(method)
const asJson = (value: unknown) => Buffer.from(JSON.stringify(value ?? null))
const asFormText = (body: object) =>
  Buffer.from(
    Object.entries(body)
      .map(([name, value]) => `${name}=${encodeURIComponent(formText(value))}`)
      .join('&'),
  )

const formText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

/** What is the name of nothing, in any type but one that means "absent" to a form. */
const nothing = (chance: Chance): unknown =>
  chance.oneIn(3) ? chance.pick([0, true, [], ['demo'], {}, { a: 1 }]) : chance.pick(nastyTexts)

const notANumber = (chance: Chance): string =>
  chance.pick(nastyTexts.filter((text) => !/^\+1/.test(text)))

/** The pattern with its id: one of the tenant's own where given, else something that is none. */
function fill(chance: Chance, url: string, own?: Furniture): string {
  if (!url.includes(':id')) return url
  const id = own === undefined ? chance.pick([...nastyTexts, 'x'.repeat(701)]) : ownId(own, url)
  return url.replace(':id', encodeURIComponent(id))
}

function ownId(own: Furniture, url: string): string {
  const [resource = ''] = url
    .replace('/api/v2/', '')
    .replace(/\/:id.*/, '')
    .split('?')
  const ids: Record<string, string> = {
    clients: own.clientId,
    'client-grants': own.grantId,
    connections: own.connectionId,
    users: own.userId,
    logs: own.logId,
    'phone/messages': own.messageId,
    'branding/phone/providers': own.providerId,
    'branding/phone/templates': own.templateId,
    'resource-servers': own.apiId,
    'actions/actions': own.actionId,
  }
  return ids[resource] ?? 'none'
}

/** Nothing that makes the server wait, on purpose or not, for half a minute. */
const waits = ['0', '-1', 'x', '1e1', '31', '', ' 1', '٣', '0x1']

function badQuery(chance: Chance, { query }: ServedRoute): string {
  const names = Object.keys((query as { properties?: object } | undefined)?.properties ?? {})
  const wanted = Array.from({ length: chance.below(4) }, () =>
    names.length === 0 || chance.oneIn(6)
      ? chance.pick(['x', '__proto__', 'toString', ''])
      : chance.pick(names),
  )
  const parts = wanted.map((name) => {
    const value =
      name === 'wait'
        ? chance.pick(waits)
        : chance.oneIn(4)
          ? lucene(chance)
          : chance.pick(nastyTexts)
    const encoded = chance.oneIn(12)
      ? chance.pick(['%zz', '%', '%00', '%ff', '%ed%a0%80', '\u00ff'])
      : encodeURIComponent(value)
    const suffix = name === 'wait' ? '' : chance.pick(['', '', '', '', '[]', '[a]'])
    return chance.oneIn(20) && name !== 'wait' ? name : `${name}${suffix}=${encoded}`
  })
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

/** A search as somebody might mistype it. */
const lucene = (chance: Chance): string =>
  Array.from({ length: 1 + chance.below(9) }, () =>
    chance.pick([
      'user_id:',
      'phone_number:',
      'name:',
      'app_metadata.a.b:',
      'type:',
      'date:',
      'blocked:true',
      '"',
      '"a b"',
      '(',
      ')',
      '[',
      ']',
      '{',
      ' TO ',
      '*',
      '?',
      ' AND ',
      ' OR ',
      ' NOT ',
      '-',
      '+',
      '~',
      '^2',
      '\\',
      '/x/',
      '2020-01-01',
      '1e400',
      '%',
      '_',
      'sms|1',
      '_exists_:',
    ]),
  ).join('')

/** Headers that end in logs, templates or decisions. */
function oddHeaders(chance: Chance): Record<string, string> {
  if (!chance.oneIn(4)) return {}
  const name = chance.pick([
    'user-agent',
    'x-request-language',
    'accept-language',
    'auth0-forwarded-for',
    'auth0-client',
    'x-correlation-id',
    'x-forwarded-for',
    'origin',
    'accept',
    'if-none-match',
  ])
  const value = chance
    .pick(nastyTexts)
    .replace(/[^\x20-\x7e\xa0-\xff]/g, '\u00ff')
    .trim()
  return { [name]: value }
}
