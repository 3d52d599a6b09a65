import type { Reply, TestServer } from './harness.ts'

/** Calls the Management API as a client that has these scopes and no other. */
export async function managerWith(
  server: TestServer,
  scope: readonly string[],
): Promise<(method: string, path: string, body?: unknown) => Promise<Reply>> {
  const audience = `${server.tenant.url}/api/v2/`
  const { body: client } = await server.manage('POST', '/clients', {
    name: `only ${scope.join(' and ')}`,
    app_type: 'non_interactive',
  })
  await server.manage('POST', '/client-grants', { client_id: client.client_id, audience, scope })
  const { body: tokens } = await server.post('/oauth/token', {
    grant_type: 'client_credentials',
    client_id: client.client_id,
    client_secret: client.client_secret,
    audience,
  })
  return (method, path, body) =>
    server.request(method, `/api/v2${path}`, body, {
      authorization: `Bearer ${tokens.access_token}`,
    })
}
