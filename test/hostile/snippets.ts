import { channelSnippets } from './channel-snippets.ts'
import { memorySnippets, outputSnippets } from './memory-snippets.ts'
import { networkSnippets } from './network-snippets.ts'
import { pollutionSnippets, realmSnippets } from './realm-snippets.ts'
import type { HostileSnippet } from './snippet.ts'
import { timeSnippets } from './time-snippets.ts'

/** All hostile Actions of the suite. */
export const hostileSnippets: readonly HostileSnippet[] = [
  ...timeSnippets,
  ...memorySnippets,
  ...outputSnippets,
  ...pollutionSnippets,
  ...realmSnippets,
  ...channelSnippets,
  ...networkSnippets,
]
