/**
 * An address as people may see it: four letters of each side of the `@` and a star for each other
 * (`chuc****@exam*******`); of a short local part nothing. Source: recorded answers.
 */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@')
  const local = email.slice(0, at)
  const shown = local.length <= 4 ? '****' : starred(local)
  return `${shown}@${starred(email.slice(at + 1))}`
}

const starred = (text: string) => text.slice(0, 4) + '*'.repeat(Math.max(0, text.length - 4))
