/**
 * How wide a text is, from a table: layouts must not depend on the fonts of a machine. The widths are those of the faces
 * that the stylesheet asks for first; the drawing tells every width to the reader's program, which fits its own font in.
 */

/** Thousandths of the font size, for U+0020 to U+007E. */
const WIDTHS = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
  556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
  722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
  556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
  260, 334, 584,
] as const;
const FIRST = 0x20;
/** Of a character that is not in the table. */
const OTHER = 1000;
const MONOSPACE = 602;
const BOLD_FACTOR = 1.07;
/** Faces that a reader may have instead are wider. */
const ALLOWANCE = 1.04;

const FACTORS = { regular: ALLOWANCE, bold: BOLD_FACTOR * ALLOWANCE, mono: 1 } as const;

/** The faces in which a drawing writes. */
export type Face = 'regular' | 'bold' | 'mono';

/** Width of one line in pixels, to a tenth. */
export function textWidth(text: string, fontSize: number, face: Face = 'regular'): number {
  let thousandths = 0;
  for (const character of text) {
    thousandths += face === 'mono' ? MONOSPACE : (WIDTHS[(character.codePointAt(0) ?? 0) - FIRST] ?? OTHER);
  }
  return roundTenth((thousandths * fontSize * FACTORS[face]) / 1000);
}

/** To one decimal, as every number of a drawing. */
export function roundTenth(value: number): number {
  return Math.round(value * 10) / 10 + 0;
}
