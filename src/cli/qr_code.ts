/** A QR code in half blocks: two rows of modules in a line of text. */
import qrcode from 'qrcode'

/** ISO/IEC 18004 wants four; two are read as well, and spare the lines of a small terminal. */
const QUIET_ZONE = 2
/** White on black whatever the colours of the terminal: many readers cannot read it inverted. */
const WHITE_ON_BLACK = '\x1b[38;5;231;48;5;16m'
const RESET = '\x1b[0m'

/** Lines for a terminal that shows UTF-8 and colours; null if it is narrower than the code. */
export function qrCode(text: string, columns: number): string[] | null {
  const { modules } = qrcode.create(text, { errorCorrectionLevel: 'L' })
  const size = modules.size + 2 * QUIET_ZONE
  if (size > columns) return null
  const isLight = (row: number, column: number): boolean => {
    const [y, x] = [row - QUIET_ZONE, column - QUIET_ZONE]
    const outside = y < 0 || x < 0 || y >= modules.size || x >= modules.size
    return outside || modules.get(y, x) === 0
  }
  const lines: string[] = []
  for (let row = 0; row < size; row += 2) {
    let line = ''
    for (let column = 0; column < size; column++)
      line += halfBlock(isLight(row, column), isLight(row + 1, column))
    lines.push(`${WHITE_ON_BLACK}${line}${RESET}`)
  }
  return lines
}

function halfBlock(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀'
  return lower ? '▄' : ' '
}
