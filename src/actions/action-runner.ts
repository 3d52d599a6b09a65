import type { ActionError, ActionResult, ActionTrigger } from '../contract/actions.ts'

/** How well tenant code is kept apart, from nothing but Node to namespaces and a system call filter. */
export const isolationLevels = ['weak', 'medium', 'strong'] as const
export type IsolationLevel = (typeof isolationLevels)[number]

/** One program: the bundle of a deployed version, or of a draft under test. */
export type ActionProgram = {
  tenantId: string
  actionId: string
  /** Names the code: another version is another program, in a process of its own. */
  versionId: string
  trigger: ActionTrigger
  /** Version of the trigger, e.g. `v1`. */
  triggerVersion: string
  /** SHA-256 of the bundle, hexadecimal: keys the code cache of this node. */
  digest: string
  /** The bundle (`BuiltAction.bundle`); asked for only when no process has it loaded. */
  loadBundle: () => Promise<string>
}

export type ActionCall = {
  /** The event without `secrets`; JSON. */
  event: Record<string, unknown>
  secrets: Readonly<Record<string, string>>
  /** Values besides the secrets that no text of the run may hold: the code, the recipient. */
  hidden?: readonly string[]
  /** At most this long, waiting for a process included; 20 s when absent. */
  limitMs?: number
  /** A test neither reads nor writes the shared cache. */
  test?: boolean
}

/** Runs tenant code in processes of its own. */
export type ActionRunner = {
  /** The level that was measured at start; undefined when it is below what the operator demands. */
  level: IsolationLevel | undefined
  /** Never throws. */
  run(program: ActionProgram, call: ActionCall): Promise<ActionResult>
  /** Loads a bundle once in a throwaway process and looks at its handler. */
  check(program: ActionProgram): Promise<{ ok: true } | { ok: false; error: ActionError }>
  /** Ends idle processes, lets running ones end within `drainMs`, then kills. */
  close(drainMs: number): Promise<void>
}
