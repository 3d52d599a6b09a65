import { AppError } from '../base/app-error.ts'
import type { Deps } from './deps.ts'
import { open, type SealedKind, seal } from './sealing.ts'

/** One secret as it is sealed. `updated_at` in epoch milliseconds. */
export type ActionSecret = { name: string; value: string; updated_at: number }

type Kind = Extract<SealedKind, 'action-secrets' | 'action-version-secrets'>

export const sealSecrets = (
  deps: Deps,
  tenantId: string,
  kind: Kind,
  rowId: string,
  secrets: readonly ActionSecret[],
): Buffer => seal(deps, tenantId, kind, rowId, JSON.stringify(secrets))

export const openSecrets = (
  deps: Deps,
  tenantId: string,
  kind: Kind,
  rowId: string,
  sealed: Uint8Array,
): ActionSecret[] => JSON.parse(open(deps, tenantId, kind, rowId, sealed).toString()) // sealed by us

/** What is shown of secrets: never a value. */
export const secretViews = (secrets: readonly ActionSecret[]) =>
  secrets.map(({ name, updated_at }) => ({ name, updated_at: new Date(updated_at).toISOString() }))

/**
 * The set that replaces another one: names that are not sent are gone, a name without a value keeps its
 * value, which is how exported settings come back.
 *
 * @throws AppError `invalid_body` for a new name without a value, or a name that is sent twice
 */
export function replaceSecrets(
  before: readonly ActionSecret[],
  sent: readonly { name: string; value?: string }[],
  now: number,
): ActionSecret[] {
  const stored = new Map(before.map((secret) => [secret.name, secret]))
  const names = new Set(sent.map(({ name }) => name))
  if (names.size < sent.length) throw invalid('Secrets must have different names')
  return sent.map(({ name, value }) => {
    const kept = stored.get(name)
    if (value === undefined) {
      if (kept === undefined) throw invalid('Missing required property: value')
      return kept
    }
    return kept?.value === value ? kept : { name, value, updated_at: now }
  })
}

const invalid = (what: string) =>
  new AppError('invalid_body', {
    message: `Payload validation error: '${what}' on property secrets.`,
  })
