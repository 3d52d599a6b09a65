import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'

/** What an installation takes of the operator's npm configuration. */
export type NpmSettings = {
  /** The text of a `.npmrc` for the installation alone. */
  npmrc: string
  /** Origins that packages may come from. */
  origins: ReadonlySet<string>
}

const publicRegistry = 'https://registry.npmjs.org/'

/** Where packages come from and how to get there; nothing that changes what an installation does. */
const taken =
  /^(?:(?:@[^:]+:)?registry|\/\/.+:(?:_authToken|_auth|username|_password|certfile|keyfile)|https?-proxy|proxy|noproxy|ca|ca\[\]|cafile|strict-ssl|before|min-release-age)$/

/**
 * Reads the configuration that npm would read for whoever started the server: variables first, then
 * `.npmrc` of the working folder, of the home folder, and the global one that npm names.
 */
export async function readNpmSettings(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<NpmSettings> {
  const variables = Object.entries(env).flatMap(([name, value]): [string, string][] => {
    const key = /^npm_config_(.+)$/i.exec(name)?.[1]
    if (key === undefined || value === undefined || value === '') return []
    return [
      [
        key.startsWith('//') || key.startsWith('@') ? key : key.toLowerCase().replaceAll('_', '-'),
        value,
      ],
    ]
  })
  const found = new Map(variables)
  const files = [
    path.resolve('.npmrc'),
    found.get('userconfig') ?? path.join(homedir(), '.npmrc'),
    found.get('globalconfig'),
  ]
  const lists: string[] = []
  for (const file of files) {
    const text = file === undefined ? '' : await readFile(file, 'utf8').catch(() => '')
    for (const [key, value] of entriesOf(text, env)) {
      if (key.endsWith('[]')) lists.push(`${key}=${value}`)
      else if (!found.has(key)) found.set(key, value)
    }
  }
  if (!found.has('registry')) found.set('registry', publicRegistry)
  const lines = [...found].filter(([key]) => taken.test(key))
  const registries = lines.filter(([key]) => /(?:^|:)registry$/.test(key)).map(([, url]) => url)
  return {
    npmrc: [
      ...lines.map(([key, value]) => `${key}=${value}`),
      ...lists.filter((line) => taken.test(line.slice(0, line.indexOf('=')))),
      '',
    ].join('\n'),
    origins: new Set(
      registries.filter((url) => URL.canParse(url)).map((url) => new URL(url).origin),
    ),
  }
}

function entriesOf(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): [string, string][] {
  return text.split(/\r?\n/).flatMap((line): [string, string][] => {
    const match = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line)
    const [, key, value] = match ?? []
    if (key === undefined || value === undefined) return []
    return [[key, value.replace(/\$\{([^}]+)\}/g, (whole, name: string) => env[name] ?? whole)]]
  })
}
