/** Where the types of the package and the document of the API differ, and why that is right. */
export type KnownDifference = { operation: string; members: readonly string[]; reason: string }

const differ = (
  reason: string,
  table: Readonly<Record<string, readonly string[]>>,
): KnownDifference[] =>
  Object.entries(table).map(([operation, members]) => ({ operation, members, reason }))

const alg = ['reply.signing_alg']
const clientWords = ['reply.app_type', 'reply.jwt_configuration.alg']
const policies = [
  'body.subject_type_authorization.client.policy optional',
  'body.subject_type_authorization.user.policy optional',
]
const headers = [
  'body.filters[].name optional',
  'body.filters[].type optional',
  'body.sink.httpCustomHeaders[].header optional',
  'body.sink.httpCustomHeaders[].value optional',
  'body.sink.httpEndpoint missing',
]
const actionMembers = [
  'body.dependencies[].name optional',
  'body.runtime',
  'body.secrets[].name optional',
]

export const knownDifferences: readonly KnownDifference[] = [
  ...differ('ES256 signs here as well, and clients may be of a kind that an older package had', {
    'resourceServers.list reply': ['reply.resource_servers[].signing_alg'],
    'resourceServers.create reply': alg,
    'resourceServers.get reply': alg,
    'resourceServers.update reply': alg,
    'clients.list reply': ['reply.clients[].app_type', 'reply.clients[].jwt_configuration.alg'],
    'clients.create reply': clientWords,
    'clients.get reply': clientWords,
    'clients.update reply': clientWords,
    'clients.rotateSecret reply': clientWords,
  }),
  ...differ('the package leaves out a member without which the request says nothing', {
    'tenants.settings.update request': [
      'body.country_codes.list optional',
      'body.country_codes.mode optional',
      // Flags that a program may leave out are in its type; a table of any names has no such members.
      'body.flags as a whole',
    ],
    'resourceServers.create request': policies,
    'resourceServers.update request': policies,
    'logStreams.create request': [...headers, 'body.type'],
    'logStreams.update request': [...headers, 'body.status'],
    'branding.phone.templates.create request': ['body.content.syntax', 'body.type optional'],
    'attackProtection.breachedPasswordDetection.update request': [
      'body.stage.pre-change-password.shields optional',
      'body.stage.pre-user-registration.shields optional',
    ],
    'actions.triggers.bindings.updateMany request': [
      'body.bindings optional',
      'body.bindings[].ref.type optional',
      'body.bindings[].ref.value optional',
      'body.bindings[].secrets[].name optional',
    ],
    'actions.create request': actionMembers,
    'actions.update request': actionMembers,
    'clientGrants.create request': ['body.client_id optional', 'body.subject_type'],
  }),
  ...differ('the package names strategies and values that this server does not have', {
    'connections.create request': ['body.options.non_persistent_attrs', 'body.strategy'],
    'connections.update request': ['body.options', 'body.options.non_persistent_attrs'],
    'users.update request': ['body.password'],
  }),
  ...differ('values of metadata are text; the package takes anything', {
    'clients.create request': ['body.client_metadata as a whole'],
    'clients.update request': ['body.client_metadata as a whole'],
  }),
  ...differ('no error is null in recorded answers; the package leaves it out', {
    'actions.executions.get reply': ['reply.results[].error'],
  }),
  ...differ('the package does not read the body of a success', {
    'connections.delete reply': ['reply'],
    'prompts.customText.set reply': ['reply'],
  }),
  ...differ(
    'the texts of a prompt are text under the name of their screen; the package takes anything',
    {
      'prompts.customText.set request': ['body as a whole'],
    },
  ),
  ...differ('a ground is a colour or a gradient; the package takes any object', {
    'branding.update request': ['body.colors.page_background as a whole'],
  }),
  ...differ('one shape for both ways of asking, so what totals bring may be missing', {
    'roles.list reply': ['reply.limit optional', 'reply.start optional', 'reply.total optional'],
  }),
  ...differ('a search of many, for what this server has none or few of: ignored', {
    'clients.list query': ['external_client_id', 'q'],
    'clientGrants.list query': ['default_for'],
    'connections.directoryProvisioning.list query': ['from', 'take'],
    'customDomains.list query': ['q', 'sort'],
    'emails.provider.get query': ['fields', 'include_fields'],
    'flows.list query': ['hydrate', 'synchronous'],
    'forms.list query': ['hydrate'],
    'hooks.list query': ['enabled', 'triggerId'],
    'organizations.list query': ['include_client_association_for', 'sort'],
    'prompts.rendering.list query': ['prompt', 'rendering_mode', 'screen'],
    'roles.list query': ['name_filter', 'owner_id', 'type'],
    'rules.list query': ['enabled'],
    'users.refreshToken.list query': ['include_totals'],
    'users.sessions.list query': ['include_totals'],
  }),
  ...differ('one shape for all answers; what was made or set is of a kind that can be', {
    'users.authenticationMethods.create reply': ['reply.type'],
    'users.authenticationMethods.set reply': ['reply[].type'],
    'users.authenticationMethods.update reply': ['reply.type'],
  }),
]
