import { encode } from 'uqr'
import { type Html, html } from './html.ts'

/** Modules of quiet around the code, as scanners want them. */
const border = 4

/**
 * A QR code as a picture of one path. Black on white in every look: not every scanner reads the other
 * way around.
 */
export function qrCode(content: string, label: string): Html {
  const { data, size } = encode(content, { ecc: 'M', border })
  const path = data
    .flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])))
    .join('')
  return html`<svg class="qr" role="img" aria-label="${label}" viewBox="0 0 ${size} ${size}" width="216" height="216" shape-rendering="crispEdges">
<rect width="${size}" height="${size}" fill="#fff"/><path d="${path}" fill="#000"/></svg>`
}
