import type { TSchema } from 'typebox'
import { AuthenticationRefusal, ManagementRefusal } from '../../contract/refusals.ts'
import { managementScopes } from '../../contract/scopes.ts'
import type { DocumentedRoute } from './collect-routes.ts'
import { type Components, collectComponents } from './components.ts'

/** One parameter of an operation. */
export type Parameter = {
  name: string
  in: 'path' | 'query'
  required: boolean
  schema: object
}

/** One operation, as far as this program writes it. */
export type Operation = {
  operationId: string
  summary: string
  tags: [string]
  security: readonly Record<string, readonly string[]>[]
  parameters: readonly Parameter[]
  requestBody?: { required: boolean; content: Record<string, { schema: object }> }
  responses: Record<
    string,
    { $ref: string } | { description: string; content?: Record<string, { schema: object }> }
  >
}

/** The document of the API. */
export type OpenApiDocument = {
  openapi: '3.1.0'
  info: { title: string; version: string; description: string }
  servers: readonly { url: string }[]
  tags: readonly { name: string }[]
  paths: Record<string, Record<string, Operation>>
  components: {
    securitySchemes: Record<string, object>
    responses: Record<string, { description: string; content: Record<string, { schema: object }> }>
    schemas: Record<string, object>
  }
}

/** The prefix of the Management API. */
export const managementPrefix = '/api/v2'

const description = `The Management API, under ${managementPrefix}, and the Authentication API.

The Management API takes a bearer token. A client gets one at /oauth/token with the grant
client_credentials and the audience PUBLIC_URL/api/v2/ (the slash at the end belongs to it). Each
operation names its scopes; one of them is enough.`

/** OpenAPI 3.1 of the routes, in the order of their paths. */
export function openApiDocument(routes: readonly DocumentedRoute[]): OpenApiDocument {
  const components = collectComponents()
  const refusals = refusalResponses(components)
  const paths: OpenApiDocument['paths'] = {}
  const tags = new Set<string>()
  for (const route of [...routes].sort(byPlace)) {
    const path = route.url.replace(/:([A-Za-z]+)/g, '{$1}')
    const operation = operationOf(route, path, components)
    tags.add(operation.tags[0])
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Trunkline', version: '2.0.0', description },
    // Relative: each tenant reads the document at its own address.
    servers: [{ url: '/' }],
    tags: [...tags].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        managementToken: {
          type: 'oauth2',
          description: 'The token request also names the audience.',
          flows: {
            clientCredentials: {
              tokenUrl: '/oauth/token',
              scopes: Object.fromEntries(managementScopes.map((scope) => [scope, ''])),
            },
          },
        },
      },
      responses: refusals,
      schemas: components.schemas(),
    },
  }
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** The Management API first, then by path, then by method. */
function byPlace(one: DocumentedRoute, other: DocumentedRoute): number {
  const key = ({ url }: DocumentedRoute) => `${isManagement(url) ? 0 : 1}${url}`
  if (key(one) !== key(other)) return key(one) < key(other) ? -1 : 1
  return methods.indexOf(one.method) - methods.indexOf(other.method)
}

const isManagement = (url: string) => url.startsWith(`${managementPrefix}/`)

function operationOf(route: DocumentedRoute, path: string, components: Components): Operation {
  const { body } = route
  const takesJson = body !== undefined && { schema: components.refer(body) }
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: [tagOf(route.url)],
    security: securityOf(route),
    parameters: [
      ...pathParameters(path, route.params, components),
      ...parametersOf(route.query, 'query', components),
    ],
    ...(takesJson && {
      requestBody: {
        required: true,
        content: {
          'application/json': takesJson,
          'application/x-www-form-urlencoded': takesJson,
        },
      },
    }),
    responses: { ...repliesOf(route, components), ...refusalsOf(route, path) },
  }
}

/** Each set of scopes that is enough. */
const securityOf = ({ scopes = [], alsoScopes }: DocumentedRoute): Operation['security'] =>
  scopes.flatMap((scope) =>
    alsoScopes === undefined
      ? [{ managementToken: [scope] }]
      : alsoScopes.map((other) => ({ managementToken: [scope, other] })),
  )

/** `GET /api/v2/users/:id` → `get_users_by_id`. */
const operationId = ({ method, url }: DocumentedRoute): string =>
  [
    method.toLowerCase(),
    ...(isManagement(url) ? url.slice(managementPrefix.length) : url).split('/'),
  ]
    .filter((part) => part !== '')
    .map((part) =>
      part
        .replace(/^:/, 'by_')
        .replace(/[^A-Za-z0-9]+/g, '_')
        .replace(/^_/, ''),
    )
    .join('_')

/** The first step of the path; what is a list of its own belongs to what it lists. */
function tagOf(url: string): string {
  const [first = ''] = (isManagement(url) ? url.slice(managementPrefix.length) : url)
    .split('/')
    .slice(1)
  return (
    { 'users-by-email': 'users', 'connections-directory-provisionings': 'connections' }[first] ??
    first
  )
}

/** One for each name in the path; text where the route has no schema for it. */
function pathParameters(
  path: string,
  schema: TSchema | undefined,
  components: Components,
): Parameter[] {
  const known = parametersOf(schema, 'path', components)
  return [...path.matchAll(/\{(\w+)\}/g)].map(
    ([, name = '']) =>
      known.find((parameter) => parameter.name === name) ?? {
        ...{ name, in: 'path', required: true },
        schema: { type: 'string' },
      },
  )
}

function parametersOf(
  schema: TSchema | undefined,
  place: Parameter['in'],
  components: Components,
): Parameter[] {
  if (schema === undefined) return []
  // Params and query strings are objects, which list their members.
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, TSchema>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, member]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: components.refer(member),
  }))
}

const repliesOf = ({ replies }: DocumentedRoute, components: Components): Operation['responses'] =>
  Object.fromEntries(
    Object.entries(replies).map(([status, schema]) => [
      status,
      {
        description: descriptions[status] ?? 'Refused',
        ...(schema !== null && {
          content: { 'application/json': { schema: components.refer(schema) } },
        }),
      },
    ]),
  )

const descriptions: Readonly<Record<string, string>> = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted',
  204: 'Done; there is nothing to tell',
}

/** What each refusal is called in `components.responses`. */
const refusalNames = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  429: 'TooManyRequests',
} as const

function refusalsOf(
  { url, method, replies }: DocumentedRoute,
  path: string,
): Operation['responses'] {
  const statuses = isManagement(url)
    ? ([
        400,
        401,
        403,
        ...(path.includes('{') ? ([404] as const) : []),
        ...(method === 'POST' || method === 'PATCH' ? ([409] as const) : []),
        429,
      ] as const)
    : method === 'POST'
      ? ([400, 401, 403, 429] as const)
      : []
  const suffix = isManagement(url) ? '' : 'OfAuthentication'
  return Object.fromEntries(
    statuses
      .filter((status) => !(status in replies))
      .map((status) => [
        status,
        { $ref: `#/components/responses/${refusalNames[status]}${suffix}` },
      ]),
  )
}

function refusalResponses(components: Components): OpenApiDocument['components']['responses'] {
  const texts = {
    BadRequest: 'The request is malformed, or says what this resource does not allow',
    Unauthorized: 'There is no token, or none that is good here',
    Forbidden: 'The token lacks the scope, or the tenant may not do this',
    NotFound: 'There is no such thing in this tenant',
    Conflict: 'It contradicts what is there already',
    TooManyRequests: 'Try again after the seconds in retry-after',
  }
  const families = [
    ['', components.refer(ManagementRefusal)],
    ['OfAuthentication', components.refer(AuthenticationRefusal)],
  ] as const
  return Object.fromEntries(
    families.flatMap(([suffix, schema]) =>
      Object.entries(texts).map(([name, text]) => [
        name + suffix,
        { description: text, content: { 'application/json': { schema } } },
      ]),
    ),
  )
}
