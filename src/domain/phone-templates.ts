import { AppError } from '../base/app-error.ts'
import { randomAlphanumeric } from '../base/random.ts'
import type { MessageType } from '../contract/notifications.ts'
import type {
  PhoneTemplateCreate,
  PhoneTemplatePatch,
  PhoneTemplateView,
} from '../contract/phone-templates.ts'
import {
  deletePhoneTemplate,
  insertPhoneTemplate,
  listPhoneTemplates,
  lockPhoneTemplate,
  type PhoneTemplateRow,
  updatePhoneTemplate,
} from '../store/phone-templates.ts'
import { checkTemplate } from '../templates/check-template.ts'
import { defaultMessages } from '../templates/messages/index.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'
import { writeTenantLog } from './tenant-logs.ts'

/** The types that are listed before anybody has made a template of them. */
const listedTypes: readonly MessageType[] = [
  'otp_enroll',
  'otp_verify',
  'change_password',
  'blocked_account',
]

/** Types that stand in no list of defaults come last. */
const placeOf = (type: MessageType): number => {
  const place = listedTypes.indexOf(type)
  return place === -1 ? listedTypes.length : place
}

/**
 * The effective template of each type: stored ones, and built-in defaults, which have no `id`. The order is
 * that of the types, so that a list reads the same however a tenant came to its templates.
 */
export async function listPhoneTemplatesOf(
  deps: Deps,
  tenant: Tenant,
  filter: { disabled?: boolean | undefined },
): Promise<PhoneTemplateView[]> {
  const rows = await listPhoneTemplates(deps.db, tenant.id)
  const stored = new Set(rows.map(({ type }) => type))
  const defaults = listedTypes.filter((type) => !stored.has(type))
  const all = [
    ...rows.map(viewOf),
    ...defaults.map((type) => defaultView(tenant, type, deps.clock.now())),
  ]
  return all
    .filter(({ disabled }) => disabled === (filter.disabled ?? disabled))
    .sort((one, other) => placeOf(one.type) - placeOf(other.type))
}

/** @throws AppError `notification_not_found` */
export async function getPhoneTemplate(
  deps: Deps,
  tenant: Tenant,
  id: string,
): Promise<PhoneTemplateView> {
  const rows = await listPhoneTemplates(deps.db, tenant.id)
  const row = rows.find((candidate) => candidate.id === id)
  if (row === undefined) throw new AppError('notification_not_found')
  return viewOf(row)
}

/**
 * Makes a tenant's own template of a type; what is left out comes from the default.
 *
 * @throws AppError `invalid_body` for a body that is no Liquid of ours, `phone_template_exists`
 */
export async function createPhoneTemplate(
  deps: Deps,
  tenant: Tenant,
  input: PhoneTemplateCreate,
): Promise<PhoneTemplateView> {
  const { from, body = {} } = input.content ?? {}
  checkBodies(body)
  const { text, voice } = defaultMessages[input.type]
  const now = deps.clock.now()
  const row: PhoneTemplateRow = {
    tenant_id: tenant.id,
    id: `tem_${randomAlphanumeric(deps.random, 22)}`,
    type: input.type,
    disabled: input.disabled ?? false,
    content: { ...(from !== undefined && { from }), body: { text, voice, ...body } },
    created_at: now,
    updated_at: now,
  }
  if ((await insertPhoneTemplate(deps.db, row)) === 0) throw new AppError('phone_template_exists')
  if (row.disabled) await warnOfDisabledCode(deps, tenant, row)
  return viewOf(row)
}

/**
 * Changes a template; members of `content` that are left out stay as they are.
 *
 * @throws AppError `invalid_body`, `notification_not_found`
 */
export async function updatePhoneTemplateOf(
  deps: Deps,
  tenant: Tenant,
  id: string,
  patch: PhoneTemplatePatch,
): Promise<PhoneTemplateView> {
  const { from, body = {} } = patch.content ?? {}
  checkBodies(body)
  const row = await changeTemplate(deps, tenant, id, (before) => ({
    disabled: patch.disabled ?? before.disabled,
    content: {
      ...before.content,
      ...(from !== undefined && { from }),
      body: { ...before.content.body, ...body },
    },
  }))
  if (patch.disabled === true) await warnOfDisabledCode(deps, tenant, row)
  return viewOf(row)
}

/**
 * Gives a template its default bodies back. Sender and `disabled` stay, as at the original.
 *
 * @throws AppError `notification_not_found`
 */
export async function resetPhoneTemplate(
  deps: Deps,
  tenant: Tenant,
  id: string,
): Promise<PhoneTemplateView> {
  const row = await changeTemplate(deps, tenant, id, (before) => {
    const { text, voice } = defaultMessages[typeOf(before)]
    return { disabled: before.disabled, content: { ...before.content, body: { text, voice } } }
  })
  return viewOf(row)
}

/**
 * Deletes a template; its type falls back to the default.
 *
 * @throws AppError `notification_not_found`
 */
export async function removePhoneTemplate(deps: Deps, tenant: Tenant, id: string): Promise<void> {
  if ((await deletePhoneTemplate(deps.db, tenant.id, id)) === 0) {
    throw new AppError('notification_not_found')
  }
}

function changeTemplate(
  deps: Deps,
  tenant: Tenant,
  id: string,
  change: (before: PhoneTemplateRow) => Pick<PhoneTemplateRow, 'disabled' | 'content'>,
): Promise<PhoneTemplateRow> {
  return deps.db.transaction(async (tx) => {
    const before = await lockPhoneTemplate(tx, tenant.id, id)
    if (before === undefined) throw new AppError('notification_not_found')
    const row = { ...before, ...change(before), updated_at: deps.clock.now() }
    await updatePhoneTemplate(tx, row)
    return row
  })
}

function checkBodies(body: { text?: string; voice?: string }): void {
  for (const [medium, source] of Object.entries(body)) {
    const checked = checkTemplate(source)
    if (checked.ok) continue
    throw new AppError('invalid_body', {
      message: `Payload validation error: '${checked.reason}' on property content.body.${medium}.`,
    })
  }
}

/** Without its code-bearing messages a sign-in cannot work; the change succeeds, the log says so. */
async function warnOfDisabledCode(
  deps: Deps,
  tenant: Tenant,
  { type }: PhoneTemplateRow,
): Promise<void> {
  if (type !== 'otp_verify' && type !== 'otp_enroll') return
  await writeTenantLog(deps, tenant, {
    type: 'wn',
    description: `The phone template ${type} is disabled: flows that need its code fail`,
    details: {
      notification_type: type,
      notification_channel: 'phone',
      to: '',
      warning: 'template_disabled',
    },
  })
}

/** Only types of the list are ever stored. */
const typeOf = (row: PhoneTemplateRow) => row.type as MessageType

const viewOf = (row: PhoneTemplateRow): PhoneTemplateView => ({
  id: row.id,
  tenant: row.tenant_id,
  channel: 'phone',
  type: row.type as MessageType, // only types of the list are ever stored
  disabled: row.disabled,
  content: { syntax: 'liquid', ...row.content },
  created_at: new Date(row.created_at).toISOString(),
  updated_at: new Date(row.updated_at).toISOString(),
})

function defaultView(tenant: Tenant, type: MessageType, now: number): PhoneTemplateView {
  const { text, voice } = defaultMessages[type]
  const at = new Date(now).toISOString()
  return {
    tenant: tenant.id,
    channel: 'phone',
    type,
    disabled: false,
    content: { syntax: 'liquid', from: '', body: { text, voice } },
    created_at: at,
    updated_at: at,
  }
}
