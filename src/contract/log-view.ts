import { type Static, Type } from 'typebox'

const Text = Type.Optional(Type.String())

/** An entry of the tenant log as `/api/v2/logs` shows it; what does not apply is left out. */
export const LogView = Type.Object(
  {
    _id: Type.String(),
    log_id: Type.String(),
    date: Type.String({ format: 'date-time' }),
    type: Type.String(),
    description: Type.String(),
    tenant_name: Text,
    environment_name: Text,
    connection: Text,
    connection_id: Text,
    client_id: Text,
    client_name: Text,
    ip: Text,
    user_agent: Text,
    hostname: Text,
    user_id: Text,
    user_name: Text,
    audience: Text,
    scope: Text,
    strategy: Text,
    strategy_type: Text,
    isMobile: Type.Optional(Type.Boolean()),
    /** What there is to say of this very kind of event; numbers in it are masked. */
    details: Type.Optional(Type.Object({}, { additionalProperties: true })),
    references: Type.Optional(Type.Object({ correlation_id: Text })),
  },
  { title: 'LogEntry' },
)
export type LogView = Static<typeof LogView>

/** With `fields` not all members come. */
export const LogFields = Type.Partial(LogView)
