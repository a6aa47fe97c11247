/** What is drawn by hand rather than by the style sheet takes its colours here, and learns when they are others. */
import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/** What in the reader's system decides on colours; the page's own choice is an attribute. */
const SYSTEM = ['(prefers-color-scheme: dark)', '(forced-colors: active)'];

/** The colours of the page's style by name (`--c1`), as `element` would show them now. */
export function coloursAt(element: HTMLElement): (name: string) => string {
  const known = new Map<string, string>();
  const { style } = element;
  return (name) => {
    let colour = known.get(name);
    if (colour === undefined) {
      // The property's own text names a light and a dark colour: which of them holds, the browser alone knows.
      const { color: before } = style;
      style.color = `var(${name})`;
      known.set(name, (colour = getComputedStyle(element).color));
      style.color = before;
    }
    return colour;
  };
}

/** Labels grow with the reader's text, as far as a drawing has room for them. */
export function labelFont(element: HTMLElement): string {
  const text = parseFloat(getComputedStyle(element).fontSize);
  return `${Math.min(16, 0.85 * text)}px system-ui, sans-serif`;
}

/** Another value each time that the colours at the element may have become others: what is drawn with them is drawn anew. */
export function useTheme(at: RefObject<Element | null>): number {
  const [changes, setChanges] = useState(0);
  useLayoutEffect(() => {
    const root = at.current?.closest('.swarmchart-inspect');
    const onChange = (): void => setChanges((before) => before + 1);
    const system = SYSTEM.map((query) => matchMedia(query));
    for (const one of system) one.addEventListener('change', onChange);
    const chosen = new MutationObserver(onChange);
    if (root instanceof Element) chosen.observe(root, { attributeFilter: ['data-theme'] });
    return () => {
      for (const one of system) one.removeEventListener('change', onChange);
      chosen.disconnect();
    };
  }, []);
  return changes;
}
