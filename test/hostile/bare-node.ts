import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs a module as nobody should: in a plain Node, with all that it has. What it printed. */
export async function runBare(code: string, event: object, cwd: string): Promise<string> {
  const child = spawn(process.execPath, ['-e', program], {
    cwd,
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: 20_000,
  })
  child.stdin.end(JSON.stringify({ code, event }))
  let output = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  await once(child, 'close')
  return output
}

const program = `
const { code, event } = JSON.parse(require('fs').readFileSync(0, 'utf8'))
const api = {
  notification: { drop: String, retry: String },
  cache: { get() {}, set() {}, delete() {} },
}
const inner = { exports: {} }
process.on('uncaughtException', () => {})
new Function('exports', 'require', 'module', code)(inner.exports, require, inner)
inner.exports.onExecuteCustomPhoneProvider(event, api).then(() => process.exit(), () => process.exit())
`
