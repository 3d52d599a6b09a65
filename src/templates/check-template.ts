import type { DeliveryMethod, MessageType } from '../contract/notifications.ts'
import { createLiquidEngine, type ParsedTemplate, parseFailure } from './liquid.ts'
import { defaultMessages } from './messages/index.ts'
import { renderNotification } from './render.ts'
import { sampleCode, sampleVariables } from './sample-variables.ts'
import { countSmsSegments } from './sms-segments.ts'

/** What a template is for; without it only the Liquid is looked at. */
export type TemplateUse = { type: MessageType; medium: DeliveryMethod }

/** Whether a template may be stored, and what its author should know. */
export type TemplateCheck = { ok: true; warnings: string[] } | { ok: false; reason: string }

const maxSegments = 3
const engine = createLiquidEngine()

/**
 * Looks at a template before it is stored: refused is what does not parse or uses a tag or filter that
 * is not allowed, and the reason names it. What parses but will disappoint is a warning.
 */
export function checkTemplate(source: string, use?: TemplateUse): TemplateCheck {
  let template: ParsedTemplate
  try {
    template = engine.parse(source)
  } catch (error) {
    // Anything: a hostile source may as well overflow the parser's stack.
    return { ok: false, reason: parseFailure(error) }
  }
  const macros = /@\{code\}|@@password@@/.exec(source)
  return {
    ok: true,
    warnings: [
      ...(macros === null ? [] : [`"${macros[0]}" is printed as it stands; write {{ code }}.`]),
      ...[...new Set(template.ignoredTags)].map((tag) => `"${tag}" prints nothing.`),
      ...(use === undefined ? [] : warningsOfUse(source, template, use)),
    ],
  }
}

function warningsOfUse(source: string, template: ParsedTemplate, use: TemplateUse): string[] {
  const { carriesCode } = defaultMessages[use.type]
  const names = engine.variables(template)
  const showsCode = names.includes('code') || names.includes('password')
  const sample = renderNotification({
    type: use.type,
    content: { [use.medium]: source },
    variables: sampleVariables,
    code: sampleCode,
    locale: 'en',
    deliveryMethod: use.medium,
  })
  const failure = sample.warnings.find((warning) =>
    warning.startsWith(`The ${use.medium} template`),
  )
  const segments = use.medium === 'text' ? countSmsSegments(sample.as_text) : 0
  return [
    ...(carriesCode && !showsCode ? ['The template does not print the code.'] : []),
    ...(!carriesCode && showsCode ? ['Messages of this type have no code to print.'] : []),
    ...(failure === undefined ? [] : [`With sample data: ${failure}`]),
    ...(segments > maxSegments ? [`With sample data it takes ${segments} text messages.`] : []),
  ]
}
