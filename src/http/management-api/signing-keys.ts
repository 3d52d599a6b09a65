import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { ChangedSigningKey, SigningKeyView } from '../../contract/signing-keys.ts'
import type { Deps } from '../../domain/deps.ts'
import {
  getSigningKey,
  getSigningKeys,
  revokeKey,
  rotateKeys,
} from '../../domain/signing-key-list.ts'

const Params = Type.Object({ kid: Type.String({ maxLength: 200 }) })

/** `/keys/signing`: the keys that sign tokens. */
export const signingKeyRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  app.get(
    '/keys/signing',
    {
      config: { scopes: ['read:signing_keys'], reply: { 200: Type.Array(SigningKeyView) } },
      schema: { summary: 'Get all Application Signing Keys' },
    },
    async ({ tenant }) => getSigningKeys(deps, tenant),
  )

  app.get(
    '/keys/signing/:kid',
    {
      config: { scopes: ['read:signing_keys'], reply: { 200: SigningKeyView } },
      schema: { summary: 'Get an Application Signing Key by its key id', params: Params },
    },
    async ({ tenant, params }) => getSigningKey(deps, tenant, params.kid),
  )

  app.post(
    '/keys/signing/rotate',
    {
      config: {
        scopes: ['create:signing_keys', 'update:signing_keys'],
        reply: { 201: ChangedSigningKey },
      },
      schema: { summary: 'Rotate the Application Signing Key' },
    },
    async ({ tenant }, reply) => reply.code(201).send(await rotateKeys(deps, tenant)),
  )

  app.put(
    '/keys/signing/:kid/revoke',
    {
      config: { scopes: ['update:signing_keys'], reply: { 200: ChangedSigningKey } },
      schema: { summary: 'Revoke an Application Signing Key by its key id', params: Params },
    },
    async ({ tenant, params }) => revokeKey(deps, tenant, params.kid),
  )
}
