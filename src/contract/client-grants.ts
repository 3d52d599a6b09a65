import { type Static, Type } from 'typebox'
import { nullable, nullableEnum } from './nullable.ts'
import { shownMembers } from './shown.ts'

/** `/api/v2/client-grants`. Source: Auth0's Management API v2. */

const Scopes = Type.Array(Type.String({ minLength: 1, maxLength: 280 }), { maxItems: 3000 })

const members = {
  scope: nullable(Scopes),
  organization_usage: nullableEnum(['deny', 'allow', 'require']),
  allow_any_organization: nullable(Type.Boolean()),
  authorization_details_types: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
    maxItems: 100,
  }),
  allow_all_scopes: nullable(Type.Boolean()),
}

const optional = Type.Partial(Type.Object(members)).properties

/** `POST /api/v2/client-grants`. */
export const ClientGrantCreate = Type.Object(
  {
    ...optional,
    client_id: Type.String({ minLength: 1, maxLength: 200 }),
    audience: Type.String({ minLength: 1, maxLength: 600 }),
    subject_type: Type.Optional(Type.Enum(['client', 'user'])),
  },
  { additionalProperties: false },
)
export type ClientGrantCreate = Static<typeof ClientGrantCreate>

/** `PATCH /api/v2/client-grants/{id}`: members are replaced, null unsets. */
export const ClientGrantPatch = Type.Object(optional, {
  additionalProperties: false,
  minProperties: 1,
})
export type ClientGrantPatch = Static<typeof ClientGrantPatch>

/** A grant as it is shown; what was never set is left out. */
export const ClientGrantView = Type.Object(
  {
    ...shownMembers(members),
    id: Type.String(),
    client_id: Type.String(),
    audience: Type.String(),
    scope: Type.Array(Type.String()),
    subject_type: Type.Enum(['client', 'user']),
  },
  { title: 'ClientGrant' },
)
export type ClientGrantView = Static<typeof ClientGrantView>
