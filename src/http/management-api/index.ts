import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { AppError } from '../../base/app-error.ts'
import type { Deps } from '../../domain/deps.ts'
import { requireAccess } from './access.ts'
import { actionTriggerRoutes } from './action-triggers.ts'
import { actionRoutes } from './actions.ts'
import { attackProtectionRoutes } from './attack-protection.ts'
import { authenticationMethodRoutes } from './authentication-methods.ts'
import { acceptBodies, isStorableText } from './bodies.ts'
import { brandingRoutes } from './branding.ts'
import { clientGrantRoutes } from './client-grants.ts'
import { clientRoutes } from './clients.ts'
import { connectionClientRoutes } from './connection-clients.ts'
import { connectionRoutes } from './connections.ts'
import { emptySectionRoutes } from './empty-sections.ts'
import { enrollmentRoutes } from './enrollments.ts'
import { managementErrorHandler, managementNotFound } from './error-handler.ts'
import { guardianRoutes } from './guardian.ts'
import { guardianPhoneRoutes } from './guardian-phone.ts'
import { logStreamRoutes } from './log-streams.ts'
import { logRoutes } from './logs.ts'
import { phoneExperienceRoutes } from './phone-experience.ts'
import { phoneInboxRoutes } from './phone-inbox.ts'
import { phoneMessageRoutes } from './phone-messages.ts'
import { phoneProtectionRoutes } from './phone-protection.ts'
import { phoneProviderRoutes } from './phone-providers.ts'
import { phoneTemplateRoutes } from './phone-templates.ts'
import { promptRoutes } from './prompts.ts'
import { resourceServerRoutes } from './resource-servers.ts'
import { signingKeyRoutes } from './signing-keys.ts'
import { statsRoutes } from './stats.ts'
import { tenantSettingsRoutes } from './tenant-settings.ts'
import { userBlockRoutes } from './user-blocks.ts'
import { userGrantRoutes } from './user-grants.ts'
import { userRoutes } from './users.ts'
import { compileSchema } from './validation.ts'
import { logWrites } from './write-log.ts'

/**
 * The Management API v2, to be registered at `/api/v2` behind the hook that sets `request.tenant`.
 * One scope: its own bodies, checks, access, errors and log. A route names its scopes in
 * `config.scopes` and its operation in `schema.summary`, which becomes the log's description.
 */
export const managementApi: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  acceptBodies(app)
  app.setValidatorCompiler(compileSchema)
  app.setErrorHandler(managementErrorHandler(deps.log))
  app.setNotFoundHandler(managementNotFound)
  requireAccess(app, deps)
  checkTexts(app)
  logWrites(app, deps)

  for (const routes of resources) await app.register(routes, { deps })
}

/** The routes of each resource. */
const resources: readonly FastifyPluginAsync<{ deps: Deps }>[] = [
  actionRoutes,
  actionTriggerRoutes,
  attackProtectionRoutes,
  authenticationMethodRoutes,
  brandingRoutes,
  clientGrantRoutes,
  clientRoutes,
  connectionClientRoutes,
  connectionRoutes,
  enrollmentRoutes,
  emptySectionRoutes,
  guardianPhoneRoutes,
  guardianRoutes,
  logRoutes,
  logStreamRoutes,
  phoneExperienceRoutes,
  phoneInboxRoutes,
  phoneMessageRoutes,
  phoneProtectionRoutes,
  phoneProviderRoutes,
  phoneTemplateRoutes,
  promptRoutes,
  resourceServerRoutes,
  signingKeyRoutes,
  statsRoutes,
  tenantSettingsRoutes,
  userBlockRoutes,
  userGrantRoutes,
  userRoutes,
]

/** A NUL in a path or query would reach PostgreSQL, which refuses it with an error. */
function checkTexts(app: FastifyInstance): void {
  app.addHook('preValidation', async (request) => {
    if (!areStorable(request.params)) {
      throw new AppError('invalid_uri', {
        message: "Path validation error: 'Text holds a character that cannot be stored'.",
      })
    }
    if (!areStorable(request.query)) {
      throw new AppError('invalid_query_string', {
        message: "Query validation error: 'Text holds a character that cannot be stored'.",
      })
    }
  })
}

const areStorable = (values: unknown): boolean =>
  Object.values(Object(values))
    .flat()
    .every((value) => typeof value !== 'string' || isStorableText(value))
