import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A server under load, in a process of its own. */
export type ServerProcess = {
  port: number
  /** CPU time of all its threads so far, in ms. */
  cpuMs(): Promise<number>
  ask(question: string): Promise<Record<string, unknown>>
  stop(): Promise<void>
}

/**
 * Starts `file` (beside this one) with `request` as JSON in its first argument and waits until it
 * tells its port.
 */
export async function startServerProcess(
  file: string,
  request: object,
  options: { execArgv?: readonly string[] } = {},
): Promise<ServerProcess> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(request)], {
    execArgv: [...(options.execArgv ?? [])],
    env: { PATH: process.env.PATH, NODE_ENV: 'production' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const answers = answersOf(child, file)
  const { port } = await answers.next()
  if (typeof port !== 'number') throw new Error(`${file} told no port`)
  const ask = (question: string) => {
    child.send(question)
    return answers.next()
  }
  return {
    port,
    ask,
    async cpuMs() {
      const { usage } = await ask('usage')
      const { user, system } = usage as NodeJS.CpuUsage // what both servers answer
      return (user + system) / 1000
    },
    async stop() {
      if (child.exitCode !== null) return
      const exited = once(child, 'exit')
      child.send('close')
      child.disconnect()
      await exited
    },
  }
}

type Answer = Record<string, unknown>

/** The messages of a process, one for each question; they reject when the process ends instead. */
function answersOf(child: ChildProcess, file: string): { next(): Promise<Answer> } {
  const waiting: PromiseWithResolvers<Answer>[] = []
  child.on('message', (message) => {
    // Both servers answer with objects.
    waiting.shift()?.resolve(message as Answer)
  })
  child.on('exit', (code) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`${file} ended with ${code}`))
  })
  return {
    next() {
      const answer = Promise.withResolvers<Answer>()
      waiting.push(answer)
      return answer.promise
    },
  }
}
