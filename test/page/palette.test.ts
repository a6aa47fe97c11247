/** The page's palette by the contrast that WCAG 2.1 asks for: 1.4.3 for text, 1.4.11 for marks and edges of controls. */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { contrastOf, type Rgb } from '../support/contrast.js';

const css = readFileSync('src/page/page.css', 'utf8');
const COLOUR = /--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g;
const palette = [...css.matchAll(COLOUR)].map(([, name = '', light = '', dark = '']) => ({ name, light, dark }));

const rgbOf = (hex: string): Rgb => {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
};
const isGround = (name: string): boolean => /(^|-)ground(-|$)/.test(name);
/** Parts what is told apart without it, and is not looked at. */
const PARTING = 'line';
/** Drawn, never written. */
const MARKS = ['edge'];

describe('the palette', () => {
  test('is known whole, and stands in one place', () => {
    expect(palette.map(({ name }) => name).join(' ')).toBe(
      'ground ground-2 ground-3 line edge text quiet accent accent-ground good good-ground warn warn-ground bad ' +
        'bad-ground in out c1 c2 c3 c4 c5 c6',
    );
    expect(css.replaceAll(COLOUR, '').match(/#[0-9a-f]{3,8}\b/gi)).toBeNull();
    expect(css).not.toContain('prefers-color-scheme');
  });

  test('contrast is computed as WCAG computes it', () => {
    expect(contrastOf([0, 0, 0], [255, 255, 255])).toBe(21);
    // Two greys of its examples: the lightest that text may have on white, and the next.
    expect(contrastOf(rgbOf('#767676'), rgbOf('#ffffff'))).toBeGreaterThanOrEqual(4.5);
    expect(contrastOf(rgbOf('#777777'), rgbOf('#ffffff'))).toBeLessThan(4.5);
  });

  const seen = palette.filter(({ name }) => !isGround(name) && name !== PARTING);
  test.each(seen.map((one) => [one.name, one] as const))(
    '--%s is seen on every ground, light and dark',
    (name, one) => {
      const least = MARKS.includes(name) ? 3 : 4.5;
      const tooLow = palette
        .filter((ground) => isGround(ground.name))
        .flatMap((ground) =>
          (['light', 'dark'] as const).map((theme) => ({
            pair: `${theme}: ${name} on ${ground.name}`,
            contrast: contrastOf(rgbOf(one[theme]), rgbOf(ground[theme])),
          })),
        )
        .filter(({ contrast }) => contrast < least);
      expect(tooLow).toEqual([]);
    },
  );

  test('what is only drawn is never written, and grounds are never ink', () => {
    const written = [...css.matchAll(/[^-]color: var\(--([\w-]+)\)/g)].map(([, name = '']) => name);
    expect(written.length).toBeGreaterThan(10);
    expect(written.filter((name) => isGround(name) || name === PARTING || MARKS.includes(name))).toEqual([]);
  });
});
