import type { ActionDependency, BuildError } from './action-builder.ts'

/**
 * What is wrong with dependencies as declared. Only packages of the registry, by version, range or
 * `latest`: every other form makes npm call an address or read a folder that the tenant chose.
 */
export function checkDependencies(dependencies: readonly ActionDependency[]): BuildError[] {
  const seen = new Set<string>()
  return dependencies.flatMap(({ name, version }) => {
    const shown = JSON.stringify(name.slice(0, 100))
    if (name.length > 214 || !packageName.test(name)) {
      return [error('invalid_dependency_name', `${shown} is not a name of an npm package.`)]
    }
    if (seen.has(name)) {
      return [error('duplicate_dependency', `The dependency ${shown} is declared twice.`)]
    }
    seen.add(name)
    if (isVersion(version)) return []
    return [
      error(
        'invalid_dependency_version',
        `${JSON.stringify(version.slice(0, 100))} is not a version of ${shown}: write a version, a range or "latest". Packages from git, an address, a file, an alias or another tag are not supported.`,
      ),
    ]
  })
}

const error = (id: string, msg: string): BuildError => ({ id, msg })

const packageName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/i

/** `latest` and nothing are the same. */
const isVersion = (version: string): boolean =>
  version.trim() === '' || version === 'latest' || isRange(version)

/** Ranges as npm reads them: `1.2.3`, `^1.2`, `>=1 <3`, `1.0 - 2.0`, `1.x || 2.x`. */
function isRange(text: string): boolean {
  if (text.length > 100 || !/^[\w.+<>=~^*|\s-]+$/.test(text)) return false
  return text.split('||').every((alternative) => {
    const words = alternative
      .trim()
      .replace(/(?<=[<>=~^])\s+/g, '')
      .split(/\s+/)
      .filter((word) => word !== '-')
    return words.every((word) => comparator.test(word))
  })
}

const comparator =
  /^(?:[~^=]|[<>]=?)?v?(?:\d{1,15}|[xX*])(?:\.(?:\d{1,15}|[xX*])){0,2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/
