/**
 * What a customer's script does who sends through a gateway of his own: the `auth0` package writes,
 * deploys and binds an Action, and a person signs in. Run by `actions.test.ts` in a process that
 * trusts the local authority; prints one JSON line.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { ManagementClient } from 'auth0'
import { AuthenticationClient } from 'auth0/legacy'

/** What the test tells the script. */
export type GatewayScriptSettings = {
  /** host:port */
  domain: string
  clientId: string
  clientSecret: string
  /** Takes `{recipient, body, version, request}` as JSON. */
  gatewayUrl: string
  /** Answers the newest code that the gateway got. */
  codeUrl: string
  /** Of an Action that stands: only its code is changed and deployed. */
  change?: string
}

const settings = JSON.parse(process.argv[2] ?? '{}') as GatewayScriptSettings
const { domain } = settings
const management = new ManagementClient({
  domain,
  clientId: settings.clientId,
  clientSecret: settings.clientSecret,
})
const print = (found: object) => process.stdout.write(`${JSON.stringify(found)}\n`)

/** The sample of the guide; `version` is the test's. */
const code = (version: number) => `
const axios = require('axios')

exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { notification, request } = event
  try {
    await axios.post(event.secrets.GATEWAY_URL, {
      recipient: notification.recipient,
      body: notification.as_text,
      request,
      version: ${version},
    })
  } catch (error) {
    api.notification.retry('the gateway failed: ' + error.message)
  }
}
`

/** Builds are not awaited by the answer, as at the original. */
async function built(id: string): Promise<void> {
  for (;;) {
    const action = await management.actions.get(id)
    if (action.status === 'built') return
    if (action.status === 'failed') throw new Error(`the build failed: ${JSON.stringify(action)}`)
    await wait(100)
  }
}

async function deploy(id: string): Promise<void> {
  await built(id)
  await management.actions.deploy(id)
  while ((await management.actions.get(id)).all_changes_deployed !== true) await wait(100)
}

async function setUp(): Promise<void> {
  const definition = {
    supported_triggers: [{ id: 'custom-phone-provider' as const, version: 'v1' }],
    code: code(1),
    dependencies: [{ name: 'axios', version: '1.7.9' }],
    secrets: [{ name: 'GATEWAY_URL', value: settings.gatewayUrl }],
    runtime: 'node22',
  }
  const provider = {
    name: 'custom' as const,
    configuration: { delivery_methods: ['text' as const] },
    credentials: {},
  }
  const early = await refusal(management.branding.phone.providers.create(provider))
  const action = await management.actions.create({ name: 'Gateway', ...definition })
  const id = action.id ?? ''
  await deploy(id)
  const { bindings } = await management.actions.triggers.bindings.updateMany(
    'custom-phone-provider',
    { bindings: [{ ref: { type: 'action_id', value: id }, display_name: 'Gateway' }] },
  )
  const second = await refusal(management.actions.create({ name: 'Another', ...definition }))
  const created = await management.branding.phone.providers.create(provider)
  const client = await management.clients.create({
    name: 'Shop',
    app_type: 'regular_web',
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['http://auth0.com/oauth/grant-type/passwordless/otp', 'refresh_token'],
  })
  const clientId = client.client_id ?? ''
  const connection = await management.connections.create({
    name: 'sms',
    strategy: 'sms',
    options: { totp: { length: 6, time_step: 300 } },
  })
  await management.connections.clients.update(connection.id ?? '', [
    { client_id: clientId, status: true },
  ])

  const shop = new AuthenticationClient({
    domain,
    clientId,
    clientSecret: client.client_secret ?? '',
  })
  await shop.passwordless.sendSMS({ phone_number: '+14155550137' })
  const { data: tokens } = await shop.passwordless.loginWithSMS({
    phone_number: '+14155550137',
    code: await (await fetch(settings.codeUrl)).text(),
    scope: 'openid profile phone',
  })
  const readBack = [
    await management.actions.get(id),
    (await management.actions.list()).data,
    (await management.actions.versions.list(id)).data,
    (await management.actions.triggers.bindings.list('custom-phone-provider')).data,
    action,
  ]
  print({
    ...{ early, second, id, clientId, readBack, provider: created },
    clientSecret: client.client_secret,
    bound: bindings?.map(({ display_name, action: of }) => [display_name, of?.id]),
    idToken: typeof tokens.id_token,
  })
}

type Refusal = { statusCode?: number; body?: unknown }

async function refusal(request: PromiseLike<unknown>): Promise<unknown> {
  try {
    await request
    return 'accepted'
  } catch (error) {
    const { statusCode, body } = error as Refusal // what the package throws
    return { statusCode, body }
  }
}

if (settings.change === undefined) await setUp()
else {
  await management.actions.update(settings.change, { code: code(2) })
  await deploy(settings.change)
  print({})
}
