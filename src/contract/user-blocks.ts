import { type Static, Type } from 'typebox'

/** `GET /api/v2/user-blocks`. Source: SDK types of `auth0` 7 and recorded answers. */
export const UserBlocksView = Type.Object({
  blocked_for: Type.Array(
    Type.Object({
      identifier: Type.String(),
      /** Absent where the account is blocked whatever the address. */
      ip: Type.Optional(Type.String()),
      connection: Type.String(),
    }),
  ),
})
export type UserBlocksView = Static<typeof UserBlocksView>
