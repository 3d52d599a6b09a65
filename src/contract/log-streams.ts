import { type Static, Type } from 'typebox'
import { logCategories } from './log-categories.ts'

/** `/api/v2/log-streams`. Source: SDK types of `auth0` 7 and recorded answers. */

const closed = { additionalProperties: false }

/** No line ends and nothing that HTTP does not carry. */
const HeaderValue = Type.String({ maxLength: 4000, pattern: '^[\\x20-\\x7e]*$' })

export const LogStreamSink = Type.Object(
  {
    httpEndpoint: Type.String({ maxLength: 2048, pattern: '^https?://[^\\s<>"]+$' }),
    httpAuthorization: Type.Optional(HeaderValue),
    httpContentFormat: Type.Optional(Type.Enum(['JSONARRAY', 'JSONLINES', 'JSONOBJECT'])),
    httpContentType: Type.Optional(HeaderValue),
    httpCustomHeaders: Type.Optional(
      Type.Array(
        Type.Object(
          {
            header: Type.String({ maxLength: 200, pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" }),
            value: HeaderValue,
          },
          closed,
        ),
        { maxItems: 20 },
      ),
    ),
  },
  closed,
)
export type LogStreamSink = Static<typeof LogStreamSink>

const Filters = Type.Array(
  Type.Object({ type: Type.Enum(['category']), name: Type.Enum(logCategories) }, closed),
  { maxItems: 50 },
)

export const piiFields = [
  'first_name',
  'last_name',
  'username',
  'email',
  'phone',
  'address',
] as const

export const PiiConfig = Type.Object(
  {
    log_fields: Type.Array(Type.Enum(piiFields), { minItems: 1, uniqueItems: true }),
    method: Type.Optional(Type.Enum(['mask', 'hash'])),
    algorithm: Type.Optional(Type.Enum(['xxhash'])),
  },
  closed,
)
export type PiiConfig = Static<typeof PiiConfig>

const Name = Type.String({ minLength: 1, maxLength: 100 })

export const LogStreamCreate = Type.Object(
  {
    name: Type.Optional(Name),
    type: Type.Enum(['http']),
    sink: LogStreamSink,
    filters: Type.Optional(Filters),
    isPriority: Type.Optional(Type.Boolean()),
    pii_config: Type.Optional(PiiConfig),
    /** ISO 8601; entries from this time on are delivered, as far as they are kept. */
    startFrom: Type.Optional(Type.String({ maxLength: 40 })),
  },
  closed,
)
export type LogStreamCreate = Static<typeof LogStreamCreate>

/** `sink` replaces the stored one; its authorization stays where the address is on the same origin. */
export const LogStreamPatch = Type.Object(
  {
    name: Type.Optional(Name),
    status: Type.Optional(Type.Enum(['active', 'paused'])),
    sink: Type.Optional(LogStreamSink),
    filters: Type.Optional(Filters),
    isPriority: Type.Optional(Type.Boolean()),
    pii_config: Type.Optional(PiiConfig),
  },
  closed,
)
export type LogStreamPatch = Static<typeof LogStreamPatch>

export const LogStreamView = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    type: Type.Enum(['http']),
    status: Type.Enum(['active', 'paused', 'suspended']),
    sink: LogStreamSink,
    filters: Type.Optional(Filters),
    isPriority: Type.Boolean(),
    pii_config: Type.Optional(PiiConfig),
  },
  { title: 'LogStream' },
)
export type LogStreamView = Static<typeof LogStreamView>
