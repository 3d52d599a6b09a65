import type { FastifyRequest } from 'fastify'
import type { DeliveryMethod, MessageType } from '../../contract/notifications.ts'
import type { Deps } from '../../domain/deps.ts'
import { sendTestMessage, type TestOutcome } from '../../domain/test-messages.ts'

const longestWaitMs = 30_000

/**
 * What both `…/try` endpoints do once they know the message type: the answer says that the message is
 * queued, and with `Prefer: wait=20` (RFC 7240) also what became of it.
 *
 * @throws AppError of `sendTestMessage`
 */
export async function tryMessage(
  deps: Deps,
  request: FastifyRequest,
  test: { type: MessageType; to: string; deliveryMethod?: DeliveryMethod | undefined },
): Promise<{ code: 202; message: string } & Partial<TestOutcome>> {
  const { prefer } = request.headers
  const [, seconds] = /(?:^|[,;\s])wait=([0-9]{1,4})/.exec(String(prefer ?? '')) ?? []
  const outcome = await sendTestMessage(deps, request.tenant, {
    ...test,
    administrator: request.access.clientId,
    ip: request.ip,
    userAgent: request.headers['user-agent'] ?? '',
    waitMs: Math.min(Number(seconds ?? 0) * 1000, longestWaitMs),
  })
  return {
    code: 202,
    message: 'Test notification successfully sent for processing',
    ...outcome,
  }
}
