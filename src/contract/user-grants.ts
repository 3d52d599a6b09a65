import { type Static, Type } from 'typebox'

const Time = Type.Union([Type.String(), Type.Null()])

/** An item of `GET /api/v2/users/{id}/refresh-tokens`. Source: SDK types of `auth0` 7. */
export const RefreshTokenView = Type.Object({
  id: Type.String(),
  user_id: Type.String(),
  created_at: Time,
  /** Null for a token that does not end. */
  expires_at: Time,
  client_id: Type.String(),
  session_id: Type.Union([Type.String(), Type.Null()]),
  rotating: Type.Boolean(),
  resource_servers: Type.Array(Type.Object({ audience: Type.String(), scopes: Type.String() })),
  last_exchanged_at: Time,
})
export type RefreshTokenView = Static<typeof RefreshTokenView>

export const RefreshTokenList = Type.Object({
  tokens: Type.Array(RefreshTokenView),
  next: Type.Optional(Type.String()),
})

/** `GET /api/v2/users/{id}/sessions`. */
export const SessionList = Type.Object({
  sessions: Type.Array(Type.Object({})),
  next: Type.Optional(Type.String()),
})
