import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import {
  EnrollmentTicketCreate,
  EnrollmentTicketView,
  EnrollmentView,
  multifactorProviders,
  RecoveryCodeView,
  UserEnrollmentView,
} from '../../contract/enrollments.ts'
import type { Deps } from '../../domain/deps.ts'
import { createEnrollmentTicket } from '../../domain/enrollment-tickets.ts'
import {
  forgetBrowsers,
  getEnrollment,
  listUserEnrollments,
  removeEnrollment,
  removeMultifactor,
  resetFactors,
} from '../../domain/enrollments.ts'
import { regenerateRecoveryCode } from '../../domain/recovery-codes.ts'

const Params = Type.Object({ id: Type.String({ maxLength: 300 }) })

/** `/guardian/enrollments`, and what hangs on a user of them. */
export const enrollmentRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  app.get(
    '/guardian/enrollments/:id',
    {
      config: { scopes: ['read:guardian_enrollments'], reply: { 200: EnrollmentView } },
      schema: { summary: 'Retrieve a multi-factor authentication enrollment', params: Params },
    },
    async ({ tenant, params }) => getEnrollment(deps, tenant, params.id),
  )

  app.delete(
    '/guardian/enrollments/:id',
    {
      config: { scopes: ['delete:guardian_enrollments'], reply: { 204: null } },
      schema: { summary: 'Delete a multi-factor authentication enrollment', params: Params },
    },
    async ({ tenant, params }, reply) => {
      await removeEnrollment(deps, tenant, params.id)
      return reply.code(204).send()
    },
  )

  app.post(
    '/guardian/enrollments/ticket',
    {
      config: {
        scopes: ['create:guardian_enrollment_tickets'],
        reply: { 200: EnrollmentTicketView },
      },
      schema: {
        summary: 'Create a multi-factor authentication enrollment ticket',
        body: EnrollmentTicketCreate,
      },
    },
    async ({ tenant, body }) => createEnrollmentTicket(deps, tenant, body),
  )

  app.get(
    '/users/:id/enrollments',
    {
      config: { scopes: ['read:users'], reply: { 200: Type.Array(UserEnrollmentView) } },
      schema: {
        summary: 'Get the First Confirmed Multi-factor Authentication Enrollment',
        params: Params,
      },
    },
    async ({ tenant, params }) => listUserEnrollments(deps, tenant, params.id),
  )

  app.delete(
    '/users/:id/authenticators',
    {
      config: { scopes: ['delete:guardian_enrollments'], reply: { 204: null } },
      schema: { summary: 'Delete All Authenticators', params: Params },
    },
    async ({ tenant, params }, reply) => {
      await resetFactors(deps, tenant, params.id)
      return reply.code(204).send()
    },
  )

  app.post(
    '/users/:id/multifactor/actions/invalidate-remember-browser',
    {
      config: { scopes: ['update:users'], reply: { 204: null } },
      schema: {
        summary: 'Invalidate All Remembered Browsers for Multi-factor Authentication',
        params: Params,
      },
    },
    async ({ tenant, params }, reply) => {
      await forgetBrowsers(deps, tenant, params.id)
      return reply.code(204).send()
    },
  )

  app.delete(
    '/users/:id/multifactor/:provider',
    {
      config: { scopes: ['update:users'], reply: { 204: null } },
      schema: {
        summary: "Delete a User's Multi-factor Provider",
        params: Type.Object({
          id: Type.String({ maxLength: 300 }),
          provider: Type.Enum(multifactorProviders),
        }),
      },
    },
    async ({ tenant, params }, reply) => {
      await removeMultifactor(deps, tenant, params.id, params.provider)
      return reply.code(204).send()
    },
  )

  app.post(
    '/users/:id/recovery-code-regeneration',
    {
      config: {
        scopes: ['update:users', 'update:current_user_metadata'],
        reply: { 200: RecoveryCodeView },
      },
      schema: { summary: 'Generate New Multi-factor Authentication Recovery Code', params: Params },
    },
    async ({ tenant, params }) => ({
      recovery_code: await regenerateRecoveryCode(deps, tenant, params.id),
    }),
  )
}
