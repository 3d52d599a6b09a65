import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../../domain/deps.ts'
import type { MfaDevice } from '../../../domain/mfa-devices.ts'
import type { MfaSender } from '../../../domain/mfa-phone.ts'
import type { MfaSettings } from '../../../domain/mfa-settings.ts'
import type { Client, Tenant } from '../../../domain/tenant.ts'
import type { ScreenName } from '../../../templates/screens/texts.ts'
import type { Form } from '../transaction.ts'
import type { Shown, View } from '../view.ts'
import type { MfaState } from './state.ts'

/** Whose second factor the pages are about: somebody who logs in, or who holds an enrolment ticket. */
export type MfaSubject = {
  /** What the pages pass on in their address and forms. */
  state: string
  userId: string
  /** What the values of codes are bound to. */
  owner: string
  client: Client | undefined
  /** Name of the connection of the first factor. */
  connection: string | null
  /** `ui_locales`. */
  locales: string | null
  /** Whether a device may be added beside another: a ticket may say so, the first factor alone never. */
  mayAdd: boolean
  ticketHash: Uint8Array | undefined
  /** The one kind of factor that may be enrolled; null for any. */
  onlyFactor: string | null
  /** Whether a remembered browser would be believed the next time. */
  offersRemembering: boolean
  kept: MfaState
  /**
   * Keeps what the pages remember.
   *
   * @returns false when another request of this browser has changed it meanwhile, and `force` is not set
   */
  keep(next: MfaState, force?: boolean): Promise<boolean>
  /** Ends well: back to the application, or to the page that tells so. */
  leave(): Promise<FastifyReply>
  /** Ends badly: the person is blocked. */
  sendAway(): Promise<FastifyReply>
}

/** A request to a page of a second factor. */
export type Visit = {
  deps: Deps
  request: FastifyRequest
  reply: FastifyReply
  tenant: Tenant
  /** What was filled in; empty when the page is only asked for. */
  form: Form
  subject: MfaSubject
  /** As it is kept at this moment. */
  state: MfaState
  /** Who has a factor must pass it; who has none enrols one. */
  mode: 'enroll' | 'challenge'
  settings: MfaSettings
  /** What the person has. */
  rows: readonly MfaDevice[]
}

/** What a form leads to. */
export type Step =
  /** Another screen; `mfa` finds out which. */
  | { to: ScreenName | 'mfa' }
  /** The same once more: keys of messages by field. */
  | { errors: Readonly<Record<string, string>>; status?: number }
  | 'leave'
  | 'send away'

/** One screen of the second factor. */
export type MfaScreen = {
  name: ScreenName
  /** Whether the person may be here now; else it is led to where it may. */
  isOpen(visit: Visit): boolean
  view(visit: Visit): Promise<(shown: Shown, locale: string) => View>
  submit(visit: Visit): Promise<Step>
}

/** Keeps what the pages remember, and goes on with it. @returns as `MfaSubject.keep` */
export async function remember(visit: Visit, next: MfaState, force = false): Promise<boolean> {
  if (!(await visit.subject.keep(next, force))) return false
  visit.state = next
  return true
}

/** What remains of a state when a person begins with a method anew. */
export const fresh = ({ userId }: MfaState): MfaState => ({ userId })

/** How the domain is told who asks. */
export function senderOf({ subject, request }: Visit): MfaSender {
  const header = (name: string) => {
    const value = request.headers[name]
    return typeof value === 'string' && value !== '' ? value.slice(0, 500) : undefined
  }
  return {
    ...{ userId: subject.userId, owner: subject.owner, connection: subject.connection },
    clientId: subject.client?.clientId ?? null,
    clientName: subject.client?.name,
    onPage: true,
    ...{ ip: request.ip, userAgent: header('user-agent') ?? '' },
    languages: [subject.locales?.trim().replace(/\s+/g, ','), header('accept-language')],
  }
}
