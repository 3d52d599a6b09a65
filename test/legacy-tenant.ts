import { type FakeGateway, startFakeGateway } from './fake-gateway.ts'
import { type TestServer, type TestServerOptions, testServer } from './harness.ts'

export type LegacyTenant = {
  server: TestServer
  gateway: FakeGateway
  /** Replaces the options of connection `sms`. */
  connect(options: Record<string, unknown>): Promise<void>
  /** The options of a connection that sends through the gateway. */
  gatewayOptions: Record<string, unknown>
  consolidate(on: boolean): Promise<void>
  start(phone_number?: string, headers?: Record<string, string>): ReturnType<TestServer['post']>
  /** The newest message with its attempts. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails where it is not there
  message(): Promise<any>
}

export const phone_number = '+14155550137'

/** A tenant on the older settings whose connection `sms` sends through its own gateway on loopback. */
export async function legacyTenant(options: TestServerOptions = {}): Promise<LegacyTenant> {
  const gateway = await startFakeGateway()
  const server = await testServer({ egressAllow: [gateway.address], ...options })
  const { body: connections } = await server.manage('GET', '/connections?name=sms')
  const connect = async (next: Record<string, unknown>) => {
    const path = `/connections/${connections[0].id}`
    const { status, text } = await server.manage('PATCH', path, { options: next })
    if (status !== 200) throw new Error(`the connection was not changed: ${text}`)
  }
  const consolidate = async (on: boolean) => {
    const change = { phone_consolidated_experience: on }
    const { status, text } = await server.manage('PATCH', '/tenants/settings', change)
    if (status !== 200) throw new Error(`the switch was not turned: ${text}`)
  }
  const gatewayOptions = {
    name: 'sms',
    from: '+12345678',
    syntax: 'md_with_macros',
    template: 'Your code is @@password@@',
    totp: { time_step: 300, length: 6 },
    provider: 'sms_gateway',
    gateway_url: gateway.url,
    brute_force_protection: true,
  }
  await consolidate(false)
  await connect(gatewayOptions)
  return {
    ...{ server, gateway, connect, consolidate, gatewayOptions },
    start: (number = phone_number, headers = {}) =>
      server.post(
        '/passwordless/start',
        { client_id: 'demo', connection: 'sms', phone_number: number },
        headers,
      ),
    async message() {
      const { body } = await server.manage('GET', '/phone/messages?take=1')
      const one = await server.manage('GET', `/phone/messages/${body.messages[0].id}`)
      return one.body
    },
  }
}
