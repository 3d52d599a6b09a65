import vm from 'node:vm'
import type { ActionTrigger } from '../../contract/actions.ts'

type Handler = (event: unknown, api: unknown) => Promise<unknown>

/** A program that has run once and offers its handler. */
export type LoadedAction = {
  trigger: ActionTrigger
  /** Whether it takes the flat event and the context of the first version. */
  legacy: boolean
  script: vm.Script
  handler: Handler
  cacheSent: boolean
}

export type LoadOrder = { handler: string; trigger: ActionTrigger; triggerVersion: string }

const AsyncFunction = (async () => {}).constructor

/**
 * Compiles and runs a bundle once and finds its handler. `import()` at run time has nobody to answer it:
 * a literal one was bundled, a computed one is refused.
 */
export function loadAction(
  order: LoadOrder & { code: Buffer | undefined; cached: Buffer | undefined },
  require: (name: string) => unknown,
  console: object,
): { ok: true; action: LoadedAction; cacheRejected: boolean } | { ok: false; error: unknown } {
  try {
    const { trigger, cached } = order
    const text = (order.code ?? Buffer.alloc(0)).toString('utf8')
    const script = new vm.Script(`(function (exports, require, module, console) {${text}\n})`, {
      filename: 'action.js',
      ...(cached !== undefined && { cachedData: cached }),
    })
    const module: { exports: unknown } = { exports: {} }
    const run = script.runInThisContext() as (...given: unknown[]) => void // its own text says so
    run.call(module.exports, module.exports, require, module, console)
    const handler = handlerOf(module.exports, order)
    const cacheRejected = script.cachedDataRejected === true
    const cacheSent = cached !== undefined && !cacheRejected
    return {
      ok: true,
      action: { trigger, legacy: isLegacy(order), script, handler, cacheSent },
      cacheRejected,
    }
  } catch (error) {
    return { ok: false, error }
  }
}

const isLegacy = ({ trigger, triggerVersion }: LoadOrder): boolean =>
  trigger === 'send-phone-message' && triggerVersion === 'v1'

function handlerOf(exported: unknown, order: LoadOrder): Handler {
  const { handler: name } = order
  const legacy = isLegacy(order)
  // The first version had the function itself as the module.
  const handler = (Object(exported)[name] ?? (legacy ? exported : undefined)) as unknown
  if (legacy && typeof handler === 'function') return handler as Handler
  const shape = `exports.${name} = async (event, ${legacy ? 'context' : 'api'}) => { }`
  if (handler === undefined) {
    throw new Error(`The Action has no handler ${name}. It must export one: ${shape}`)
  }
  if (!(handler instanceof AsyncFunction)) {
    throw new Error(`The handler ${name} must be an async function: ${shape}`)
  }
  return handler as Handler
}
