/** The console of tenant code: everything is a line of the run it belongs to. */
export function sandboxConsole(print: (parts: unknown[]) => void): Record<string, unknown> {
  const line = (...parts: unknown[]) => print(parts)
  const nothing = () => {}
  return {
    log: line,
    info: line,
    warn: line,
    error: line,
    debug: line,
    dir: (part: unknown) => print([part]),
    dirxml: line,
    table: line,
    trace: (...parts: unknown[]) => print(['Trace:', ...parts]),
    assert: (ok: unknown, ...parts: unknown[]) => {
      if (!ok) print(['Assertion failed:', ...parts])
    },
    group: line,
    groupCollapsed: line,
    groupEnd: nothing,
    time: nothing,
    timeEnd: nothing,
    timeLog: nothing,
    count: nothing,
    countReset: nothing,
    clear: nothing,
  }
}
