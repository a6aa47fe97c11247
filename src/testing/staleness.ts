/** What has changed in the engine since a trace was recorded. */
import { engineVersions } from '../platform/versions.js';
import type { TraceHeader } from '../trace/format.js';
import { machineHashes } from '../trace/machine-hash.js';

/**
 * One line for each change that can make a replay go another way: versions of the engine and of XState, and machines
 * whose chart is another one. Empty when the trace is of this very engine.
 */
export function changesSince({ engine }: Pick<TraceHeader, 'engine'>): readonly string[] {
  const { swarmchart, xstate } = engineVersions();
  return [
    ...changeOf('swarmchart', engine.versions['swarmchart'], swarmchart),
    ...changeOf('xstate', engine.versions['xstate'], xstate),
    ...changedMachines(engine.machines),
  ];
}

function changeOf(what: string, then: string | undefined, now: string): readonly string[] {
  return then === now ? [] : [`${what} is ${now}, it was ${then ?? 'not told'}`];
}

function changedMachines(then: Readonly<Record<string, string>>): readonly string[] {
  const now = machineHashes();
  return [...new Set([...Object.keys(then), ...Object.keys(now)])].sort().flatMap((id) => {
    if (then[id] === now[id]) return [];
    if (then[id] === undefined) return [`machine ${id} is new`];
    return [`machine ${id} ${now[id] === undefined ? 'is gone' : 'has changed'}`];
  });
}
