/** How a state value is told in one line. */
import type { StateValue } from 'xstate';

/** `{ open: { sending: 'windowOpen', receiving: 'open' } }` as `open.sending.windowOpen|open.receiving.open`. */
export function statePath(value: StateValue): string {
  if (typeof value === 'string') return value;
  return Object.entries(value)
    .map(([key, inner]) => {
      const path = inner === undefined ? '' : statePath(inner);
      return path === ''
        ? key
        : path
            .split('|')
            .map((part) => `${key}.${part}`)
            .join('|');
    })
    .join('|');
}
