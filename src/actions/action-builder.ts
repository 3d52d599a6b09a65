/** A dependency as declared: a package of the public registry and a version, a range, or `latest`. */
export type ActionDependency = { name: string; version: string }

/** What can run: one script with all dependencies in it. */
export type BuiltAction = {
  /** CommonJS, to be wrapped with `(exports, require, module)`. */
  bundle: string
  /** SHA-256 of `bundle`, hexadecimal. */
  digest: string
  /** As asked for, each with the concrete version that was taken. */
  dependencies: ActionDependency[]
  /** The lockfile of the installation, for a later build of the same versions. */
  lock: string
}

/** Source: the shape of `errors` in Auth0's version object. */
export type BuildError = { id: string; msg: string; url?: string }

export type ActionBuild = { ok: true; built: BuiltAction } | { ok: false; errors: BuildError[] }

export type ActionBuilder = {
  /** Fetches dependencies, bundles and checks syntax. Never runs the code. Never throws. */
  build(source: { code: string; dependencies: readonly ActionDependency[] }): Promise<ActionBuild>
}
