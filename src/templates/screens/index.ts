import { ar } from './ar.ts'
import { de } from './de.ts'
import { en } from './en.ts'
import { es } from './es.ts'
import { fr } from './fr.ts'
import { hi } from './hi.ts'
import { it } from './it.ts'
import { ja } from './ja.ts'
import { ptBr } from './pt-br.ts'
import type { ScreenTexts } from './texts.ts'
import { zhCn } from './zh-cn.ts'

/** The languages that the pages speak, by their tags. */
export const screenLanguages: Readonly<Record<string, ScreenTexts>> = {
  ...{ ar, de, en, es, fr, hi, it, ja },
  'pt-BR': ptBr,
  'zh-CN': zhCn,
}

/**
 * The words in the language nearest to a tag, and which one that is: `es-MX` is `es`, `pt` is `pt-BR`,
 * and what we do not speak is English.
 */
export function screenTexts(locale: string): { language: string; texts: ScreenTexts } {
  const lower = locale.toLowerCase()
  const primary = lower.split('-')[0] ?? lower
  for (const wanted of [lower, primary]) {
    for (const [language, texts] of Object.entries(screenLanguages)) {
      const tag = language.toLowerCase()
      if (tag === wanted || tag.split('-')[0] === wanted) return { language, texts }
    }
  }
  return { language: 'en', texts: en }
}
