import { realpath } from 'node:fs/promises'
import { createRequire, isBuiltin } from 'node:module'
import path from 'node:path'
import { compileFunction } from 'node:vm'
import type { BuildFailure, BuildOptions, Message, Plugin } from 'esbuild'
import type { BuildError } from './action-builder.ts'

/** What one bundle may be; the largest of the usual SDKs has 10 MB. */
export const bundleLimits = { ms: 30_000, bytes: 16 * 2 ** 20 } as const

/** What a tenant may require without declaring it. */
const always = 'undici'

/** What is wrong with the source as the body of a function. Parses it and runs nothing. */
export function checkSyntax(code: string): BuildError | undefined {
  try {
    compileFunction(code, ['module', 'exports', 'require', 'console'], { filename: 'action.js' })
    return undefined
  } catch (error) {
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error))
    const line = /^action\.js:(\d+)/.exec(stack)?.[1]
    const modules = /import statement|import\.meta|Unexpected token 'export'/.test(message)
    return {
      id: 'syntax_error',
      msg: [
        line === undefined ? message : `Line ${line}: ${message}`,
        ...(modules ? ['An Action is a CommonJS module: use require and exports'] : []),
      ].join('. '),
    }
  }
}

/**
 * Puts the source and what it requires of `packages` into one script. Built-ins and whatever is not
 * declared stay calls of `require`.
 *
 * @returns the script, or what of the source is refused
 * @throws an error of esbuild, see `explainBundling`
 */
export async function bundle(
  code: string,
  folder: string,
  packages: readonly string[],
): Promise<string | BuildError[]> {
  const home = await realpath(folder)
  const undici = path.dirname(createRequire(import.meta.url).resolve('undici/package.json'))
  const declared = new Set(packages)
  let missing: ReadonlySet<string> = new Set()
  for (;;) {
    const places = { home, undici: await realpath(undici) }
    try {
      const made = await run(options(packages.length > 0, plugin(code, places, declared, missing)))
      const computed = made.warnings.filter(isComputedImport)
      return computed.length === 0 ? made.text : computed.slice(0, 5).map(refuseComputed)
    } catch (error) {
      // A package may require what it can do without; that it is missing shows when it runs.
      const names = unresolved(error)
      if (names.length === 0 || names.every((name) => missing.has(name))) throw error
      missing = new Set([...missing, ...names])
    }
  }
}

function options(minify: boolean, plugin: Plugin): BuildOptions & { write: false } {
  return {
    entryPoints: ['action.js'],
    absWorkingDir: '/',
    write: false,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    // The worker has no `import()`; what becomes `require` works for built-ins and packages.
    supported: { 'dynamic-import': false },
    minifyWhitespace: minify,
    minifySyntax: minify,
    legalComments: 'none',
    mainFields: ['main', 'module'],
    conditions: ['node', 'require'],
    // Nothing of a package or of this machine changes how it is read.
    tsconfigRaw: '{}',
    charset: 'utf8',
    logLevel: 'silent',
    logLimit: 50,
    logOverride: { [computedImport]: 'warning' },
    plugins: [plugin],
  }
}

/** Decides what each name means, and lets nothing be read but the packages. */
function plugin(
  code: string,
  places: { home: string; undici: string },
  declared: ReadonlySet<string>,
  missing: ReadonlySet<string>,
): Plugin {
  const readable = [path.join(places.home, 'node_modules'), places.undici]
  return {
    name: 'action',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path: name, kind, namespace, pluginData }) => {
        if (kind === 'entry-point') return { path: 'action.js', namespace: 'action' }
        if (isBuiltin(name) || missing.has(name)) return { path: name, external: true }
        // From inside a package, names mean what they mean there.
        if (namespace !== 'action' || pluginData === 'resolving') return undefined
        const wanted = packageOf(name)
        if (wanted !== undefined && declared.has(wanted)) return undefined
        if (wanted === always) {
          return build.resolve(name, {
            kind,
            resolveDir: path.dirname(places.undici),
            pluginData: 'resolving',
          })
        }
        return { path: name, external: true }
      })
      build.onLoad({ filter: /.*/, namespace: 'action' }, () => ({
        contents: code,
        loader: 'js',
        resolveDir: places.home,
      }))
      build.onLoad({ filter: /.*/, namespace: 'file' }, ({ path: file }) => {
        if (readable.some((root) => file.startsWith(root + path.sep))) return undefined
        return { errors: [{ text: 'A file outside the packages is required' }] }
      })
    },
  }
}

/** The package that a name belongs to; none for paths and `actions:` modules. */
const packageOf = (name: string): string | undefined =>
  /^((?:@[^/]+\/)?[^./@:][^/:]*)(?:\/.*)?$/.exec(name)?.[1]

/** What esbuild calls an `import()` whose name it cannot read. */
const computedImport = 'unsupported-dynamic-import'

/** Whether a message is about the tenant's own source; a file's name has its namespace before it. */
const isOfSource = (location: Message['location']): boolean => location?.file === 'action:action.js'

/** Packages may have one: a path of theirs that never runs. */
const isComputedImport = ({ id, location }: Message): boolean =>
  id === computedImport && isOfSource(location)

const refuseComputed = ({ location }: Message): BuildError => ({
  id: 'computed_import',
  msg: `Line ${location?.line ?? 1}: import() takes the name of a dependency or a built-in module as a string that stands there.`,
})

async function run(
  settings: BuildOptions & { write: false },
): Promise<{ text: string; warnings: readonly Message[] }> {
  const { context } = await import('esbuild')
  const work = await context(settings)
  const timer = setTimeout(() => void work.cancel(), bundleLimits.ms)
  try {
    const { outputFiles, warnings } = await work.rebuild()
    return { text: outputFiles?.[0]?.text ?? '', warnings }
  } finally {
    clearTimeout(timer)
    await work.dispose()
  }
}

const messagesOf = (error: unknown): readonly Message[] =>
  error instanceof Error && 'errors' in error && Array.isArray(error.errors)
    ? (error as BuildFailure).errors // what esbuild throws
    : []

function unresolved(error: unknown): string[] {
  const names = messagesOf(error).map(({ text }) => /^Could not resolve "(.+)"$/.exec(text)?.[1])
  return names.every((name) => name !== undefined) ? names : []
}

/** What stopped the bundling, in words for the tenant. */
export function explainBundling(error: unknown): BuildError[] {
  const messages = messagesOf(error)
  if (messages.length === 0) {
    return [{ id: 'build_failed', msg: 'The Action could not be bundled.' }]
  }
  return messages.slice(0, 5).map(({ text, location }) => {
    if (/No loader is configured for "\.node" files/.test(text)) {
      return { id: 'native_dependency', msg: 'Native addons are not supported.' }
    }
    const inside = location?.file.split('node_modules/').at(-1)
    const where =
      location === null || location === undefined
        ? ''
        : isOfSource(location)
          ? `Line ${location.line}: `
          : `${inside}:${location.line}: `
    return { id: 'build_failed', msg: `${where}${text}` }
  })
}
