import { type Static, Type } from 'typebox'
import { nullable } from './nullable.ts'
import { shownMembers } from './shown.ts'

/** `/api/v2/resource-servers`: APIs. Source: Auth0's Management API v2. */

const Scope = Type.Object(
  {
    value: Type.String({ minLength: 1, maxLength: 280 }),
    description: Type.Optional(Type.String({ maxLength: 500 })),
  },
  { additionalProperties: false },
)

const members = {
  name: Type.String({ maxLength: 200, pattern: '^[^<>]+$' }),
  scopes: Type.Array(Scope, { maxItems: 3000 }),
  signing_alg: Type.Enum(['HS256', 'RS256', 'RS512', 'PS256', 'ES256']),
  signing_secret: Type.String({ minLength: 16, maxLength: 1000 }),
  allow_offline_access: Type.Boolean(),
  allow_online_access: nullable(Type.Boolean()),
  /** Seconds. */
  token_lifetime: Type.Integer({ minimum: 0, maximum: 2_592_000 }),
  /** Seconds, for tokens of browser flows. */
  token_lifetime_for_web: Type.Integer({ minimum: 0, maximum: 2_592_000 }),
  skip_consent_for_verifiable_first_party_clients: Type.Boolean(),
  enforce_policies: Type.Boolean(),
  token_dialect: Type.Enum([
    'access_token',
    'access_token_authz',
    'rfc9068_profile',
    'rfc9068_profile_authz',
  ]),
  subject_type_authorization: Type.Object(
    {
      user: Type.Optional(
        Type.Object(
          { policy: Type.Enum(['allow_all', 'deny_all', 'require_client_grant']) },
          { additionalProperties: false },
        ),
      ),
      client: Type.Optional(
        Type.Object(
          { policy: Type.Enum(['deny_all', 'require_client_grant']) },
          { additionalProperties: false },
        ),
      ),
    },
    { additionalProperties: false },
  ),
  // Kept as they were sent.
  consent_policy: Type.Unknown(),
  authorization_details: Type.Unknown(),
  token_encryption: Type.Unknown(),
  proof_of_possession: Type.Unknown(),
  authorization_policy: Type.Unknown(),
}

const optional = Type.Partial(Type.Object(members)).properties

/** `POST /api/v2/resource-servers`. */
export const ResourceServerCreate = Type.Object(
  { ...optional, identifier: Type.String({ minLength: 1, maxLength: 600 }) },
  { additionalProperties: false },
)
export type ResourceServerCreate = Static<typeof ResourceServerCreate>

/** `PATCH /api/v2/resource-servers/{id}`: members are replaced, null removes one that may be unset. */
export const ResourceServerPatch = Type.Object(optional, {
  additionalProperties: false,
  minProperties: 1,
})
export type ResourceServerPatch = Static<typeof ResourceServerPatch>

/** An API as it is shown; what was never set is left out. */
export const ResourceServerView = Type.Object(
  {
    ...shownMembers(members),
    id: Type.String(),
    identifier: Type.String(),
    /** Only on the Management API itself. */
    is_system: Type.Optional(Type.Boolean()),
  },
  { title: 'ResourceServer' },
)
export type ResourceServerView = Static<typeof ResourceServerView>

/** With `fields` not all members come. */
export const ResourceServerFields = Type.Partial(ResourceServerView)
