import type { DeliveryMethod, MessageType } from '../contract/notifications.ts'
import { createLiquidEngine, renderFailure } from './liquid.ts'
import { expandMacros } from './macros.ts'
import { defaultMessages } from './messages/index.ts'
import { ParsedTemplates } from './parsed-templates.ts'
import { buildVariables, type VariableInput, type Variables } from './variables.ts'
import { dotCode, pauseMarker, readVoiceBody, spellCode, type VoiceBody } from './voice.ts'

/** The longest rendered bodies, in characters; Twilio takes no longer text. */
export const maxRenderedChars: Readonly<Record<DeliveryMethod, number>> = {
  text: 1600,
  voice: 3000,
}

/** Blanks and pauses around a voice body's words cost nothing, so more of it may be rendered. */
const maxRawChars: Readonly<Record<DeliveryMethod, number>> = { text: 1600, voice: 12_000 }

/** One notification to be put into words. */
export type RenderInput = {
  type: MessageType
  /** The tenant's bodies; the default stands in for an absent text. */
  content: { text?: string | undefined; voice?: string | undefined }
  variables: Omit<VariableInput, 'message_type' | 'delivery_method' | 'locale' | 'code'>
  /** Unspelled; left out of the types that bring no code. */
  code?: string | undefined
  /** BCP 47, with a hyphen. */
  locale: string
  deliveryMethod: DeliveryMethod
  /**
   * The body is of the time before there was one provider: `message_type` is `sms` or `voice`, codes are
   * dotted without blanks. `macros`: it is no Liquid but text with `@@password@@`.
   */
  legacy?: 'liquid' | 'macros' | undefined
}

/** Both bodies, whatever the method: custom code gets both. */
export type RenderedNotification = {
  as_text: string
  as_voice: string
  /** `as_voice` cut at its pauses; see `Notification`. */
  voice_parts: string[]
  /** What went wrong on the way, each a sentence for a `wn` log entry. */
  warnings: string[]
}

const engine = createLiquidEngine()
const parsedTemplates = new ParsedTemplates(engine)

/**
 * Renders a notification as text and as voice. Never fails: a body that cannot be rendered, that comes
 * out empty or too long gives way to the default one, with a warning.
 *
 * A missing voice body is the text body, its code spelled. Works at once and keeps nothing but parsed
 * templates, by their source.
 */
export function renderNotification(input: RenderInput): RenderedNotification {
  const { type, content } = input
  const defaults = defaultMessages[type]
  const warnings: string[] = []
  const variables = buildVariables({
    ...input.variables,
    message_type: input.legacy === undefined ? type : legacyType(input.deliveryMethod),
    delivery_method: input.deliveryMethod,
    locale: input.locale,
    code: defaults.carriesCode ? input.code : undefined,
  })
  // An older template is one body for both; what is odd about the one that is not sent is no news.
  const counts = (medium: DeliveryMethod) =>
    input.legacy === undefined || medium === input.deliveryMethod
  const bodies = (medium: DeliveryMethod, source: string | undefined) => ({
    medium,
    source: source ?? defaults[medium],
    fallback: defaults[medium],
    macros: input.legacy === 'macros' && source !== undefined,
    warnings: counts(medium) ? warnings : [],
  })
  const text = renderBody(bodies('text', content.text), variables, (rendered) => rendered)
  const voice = renderBody(
    bodies('voice', content.voice ?? content.text),
    voiceVariables(variables, input.legacy === undefined ? spellCode : dotCode),
    (rendered) => readVoiceBody(rendered),
  )
  return {
    as_text: text,
    as_voice: voice.spoken,
    voice_parts: voice.parts,
    warnings: [...new Set(warnings)],
  }
}

const legacyType = (method: DeliveryMethod) => (method === 'voice' ? 'voice' : 'sms')

type Bodies = {
  medium: DeliveryMethod
  source: string
  fallback: string
  macros: boolean
  warnings: string[]
}

function renderBody<Body extends string | VoiceBody>(
  { medium, source, fallback, macros, warnings }: Bodies,
  variables: Variables,
  read: (rendered: string) => Body,
): Body {
  try {
    const template = macros ? undefined : parsedTemplates.get(source)
    const body = read(
      template === undefined
        ? expandMacros(source, variables)
        : engine.render(template, variables, { maxChars: maxRawChars[medium] }),
    )
    const length = typeof body === 'string' ? body.trim().length : body.spoken.length
    if (length === 0) throw new Error('nothing was printed')
    if (length > maxRenderedChars[medium]) throw new Error('output limit exceeded')
    warnings.push(...(template?.ignoredTags ?? []).map(ignoredTagWarning))
    return body
  } catch (error) {
    // Whatever it threw, the stack overflow of a hostile template included: somebody waits for a code.
    warnings.push(`The ${medium} template failed (${renderFailure(error)}); the default was sent.`)
    const template = parsedTemplates.get(fallback)
    const options = { maxChars: Number.POSITIVE_INFINITY, trusted: true }
    const rendered = engine.render(template, variables, options)
    return read(rendered.slice(0, maxRenderedChars[medium]))
  }
}

/** The scope of a voice body: codes are spelled, and `pause` leaves a mark. */
function voiceVariables(variables: Variables, spell: (code: string) => string): Variables {
  const { code } = variables
  if (typeof code !== 'string') return { ...variables, pause: pauseMarker }
  const spelled = spell(code)
  return { ...variables, code: spelled, password: spelled, pause: pauseMarker }
}

const ignoredTagWarning = (tag: string): string =>
  `The template uses "${tag}", which prints nothing: there are no partial templates.`
