import type { Texts } from '../../templates/screens/texts.ts'
import type { Html } from './html.ts'
import type { FormErrors } from './parts.ts'

/** A screen as it is shown: its heading, which is also in the page's title, and its markup. */
export type View = { title: string; content: Html }

/** What every view is given. */
export type Shown = {
  text: Texts
  /** The pending login, as the browser names it. */
  state: string
  /** Words, by field; the empty name is the form as a whole. */
  errors: FormErrors
}
