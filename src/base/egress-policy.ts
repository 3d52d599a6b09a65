import { networkInterfaces } from 'node:os'
import type { EgressRules } from './egress-rules.ts'

/**
 * The rules for whatever a tenant chooses to connect to: the web's ports, public addresses, nothing of
 * this machine.
 *
 * @param allow `host:port` that may be reached all the same
 */
export function egressPolicy(allow: readonly string[]): EgressRules {
  return {
    ports: new Set([80, 443]),
    allow: new Set(allow.map((entry) => entry.toLowerCase())),
    own: () =>
      Object.values(networkInterfaces()).flatMap((each) =>
        (each ?? []).map(({ address }) => address),
      ),
  }
}
