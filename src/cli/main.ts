import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Node keeps what it compiled beside the packages, where whoever may write may change the program
// anyway. Where nobody may, the start is slower and nothing else.
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/trunkline', import.meta.url)))

// Loaded after that line, so that it is in the cache too.
const { runCommand } = await import('./run-command.ts')
await runCommand(process.argv.slice(2))
