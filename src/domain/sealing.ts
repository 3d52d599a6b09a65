import type { Deps } from './deps.ts'

/**
 * What a sealed value is bound to: its tenant, its kind and its row. `trunkline keys rotate` walks the
 * same list, so a kind that is missing here cannot be sealed at all.
 */
export type SealedKind =
  | 'hash-key'
  | 'signing-key'
  | 'client-secret'
  | 'api-signing-secret'
  | 'connection-options'
  | 'provider-credentials'
  | 'action-secrets'
  | 'action-version-secrets'
  | 'tenant-document'
  | 'authentication-method'
  | 'log-stream-sink'
  | 'message'
  | 'inbox-message'
  // Kept for an hour, so never sealed anew: what cannot be opened any more begins again.
  | 'page-state'

const context = (tenantId: string, kind: SealedKind, rowId: string) =>
  `${kind}/${tenantId}/${rowId}`

/** Seals bytes or text for one row. */
export const seal = (
  deps: Pick<Deps, 'secretBox'>,
  tenantId: string,
  kind: SealedKind,
  rowId: string,
  plain: string | Uint8Array,
): Buffer => deps.secretBox.seal(plain, context(tenantId, kind, rowId))

/** @throws Error when the master key is missing or the value belongs to another row */
export const open = (
  deps: Pick<Deps, 'secretBox'>,
  tenantId: string,
  kind: SealedKind,
  rowId: string,
  sealed: Uint8Array,
): Buffer => deps.secretBox.open(sealed, context(tenantId, kind, rowId))
