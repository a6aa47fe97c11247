/** Explanations as tables hold them. */
import type { FailureExplanation } from '../../../src/inspect/explain/index.js';

/** An explanation without what only the trace can say: its story, its records, and advice. The actor is told without the node. */
export type Row = Omit<FailureExplanation, 'story' | 'chain' | 'change' | 'seq'>;

const LEFT_OUT = new Set(['story', 'chain', 'change', 'seq']);

export function rowOf(explanation: FailureExplanation): Row {
  const kept = Object.entries(explanation).filter(([name]) => !LEFT_OUT.has(name));
  return { ...(Object.fromEntries(kept) as unknown as Row), actor: explanation.actor.replace(/^\/node\//, '') };
}
