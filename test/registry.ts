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
