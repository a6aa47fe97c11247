/** A state and an edge in words: for those who do not see the drawing, and for those who point at a part of it. */
import type { DrawnEdge, DrawnState } from './drawing.js';

const TYPES: Readonly<Record<DrawnState['type'], string>> = {
  atomic: 'State',
  compound: 'State with inner states',
  parallel: 'State with regions that run at once',
  final: 'End',
  history: 'History',
};

/** What is known of a state, in sentences. `hints`: what to try, by error code. */
export function stateWords(state: DrawnState, hints: Readonly<Record<string, string>>): string {
  const { type, outcome, tags = [], codes = [], meaning, rows } = state;
  const kind = outcome === undefined ? TYPES[type] : outcome === 'failure' ? 'Failure' : 'Good end';
  return [
    `${kind}.`,
    ...(meaning === undefined ? [] : [meaning]),
    ...(tags.includes('paused') ? ['It waits for a finding of its actor.'] : []),
    ...rows.filter((row) => row.kind === 'entry' || row.kind === 'exit').map((row) => `${row.text}.`),
    ...codes.map((code) => `${code}: ${hints[code] ?? ''}`),
  ].join(' ');
}

/** An edge in one line: where from, upon what, where to, and what it does. */
export function edgeWords({ source, targets, event, guard, actions }: DrawnEdge): string {
  const from = source === '-' ? 'any state' : source;
  const on = event === '*' ? 'anything else' : event;
  const to = targets.length === 0 ? 'stays' : `to ${targets.join(', ')}`;
  return [
    `${from}: ${on}`,
    ...(guard === undefined ? [] : [`if ${guard}`]),
    to,
    ...(actions.length === 0 ? [] : [`does ${actions.join(', ')}`]),
  ].join(', ');
}
