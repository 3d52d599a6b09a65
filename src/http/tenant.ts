import type { onRequestAsyncHookHandler } from 'fastify'
import { AppError } from '../base/app-error.ts'
import type { Tenant, Tenants } from '../domain/tenant.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The tenant whose host was called, with its settings of this moment. */
    tenant: Tenant
  }
}

/**
 * Finds the tenant of a request by its host, before anything else looks at the request.
 *
 * @throws AppError `tenant_unknown` when no tenant answers on the host
 */
export const tenantHook = (tenants: Tenants): onRequestAsyncHookHandler =>
  async function findTenant(request) {
    const tenant = await tenants.byHost(request.host)
    if (tenant === undefined) throw new AppError('tenant_unknown')
    request.tenant = tenant
  }
