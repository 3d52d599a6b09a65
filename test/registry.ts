/** Why tests that install packages cannot run here; false when they can. */
export async function registryMissing(): Promise<string | false> {
  try {
    const reply = await fetch('https://registry.npmjs.org/axios', {
      method: 'HEAD',
      signal: AbortSignal.timeout(5000),
    })
    return reply.ok ? false : `the npm registry answers ${reply.status}`
  } catch {
    return 'the npm registry cannot be reached'
  }
}

/** What this machine's environment says about reaching the registry, for a process without the rest. */
export const registryEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      /^(?:node_extra_ca_certs|ssl_cert_(?:file|dir)|(?:https?|no|all)_proxy|npm_config_\w+)$/i.test(
        name,
      ) && value !== undefined
        ? [[name, value]]
        : [],
    ),
  )
