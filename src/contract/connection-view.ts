import { type Static, Type } from 'typebox'
import { checkpointList } from './lists.ts'

/** A connection as `/api/v2/connections` shows it; what was never set is left out. */
export const ConnectionView = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    strategy: Type.String(),
    /** As they were written, secrets of older ways of sending included. */
    options: Type.Object({}, { additionalProperties: true }),
    enabled_clients: Type.Array(Type.String()),
    is_domain_connection: Type.Boolean(),
    realms: Type.Array(Type.String()),
    display_name: Type.Optional(Type.String()),
    show_as_button: Type.Optional(Type.Boolean()),
    metadata: Type.Optional(Type.Record(Type.String(), Type.String())),
    authentication: Type.Optional(Type.Object({ active: Type.Boolean() })),
    connected_accounts: Type.Optional(
      Type.Object({ active: Type.Boolean(), cross_app_access: Type.Optional(Type.Unknown()) }),
    ),
  },
  { title: 'Connection' },
)
export type ConnectionView = Static<typeof ConnectionView>

/** With `fields` not all members come. */
export const ConnectionFields = Type.Partial(ConnectionView)

/** `DELETE /api/v2/connections/{id}`: its users go after it. */
export const ConnectionDeleted = Type.Object({ deleted_at: Type.String({ format: 'date-time' }) })

/** `GET /api/v2/connections/{id}/clients`: the clients that may use it. */
export const EnabledClients = checkpointList('clients', Type.Object({ client_id: Type.String() }))

/** `GET /api/v2/connections-directory-provisionings`: no strategy here has a directory. */
export const DirectoryProvisionings = Type.Object({
  directory_provisionings: Type.Array(Type.Object({}), { maxItems: 0 }),
})
