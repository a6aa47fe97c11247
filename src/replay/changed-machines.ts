/** What has changed in the engine since a trace was recorded. */
import type { Trace } from '../trace/format.js';
import { machineHashes } from '../trace/machine-hash.js';

/** Ids of the machines whose charts differ from those that `trace` was recorded with, or that are gone. */
export function changedMachines({ header }: Trace): readonly string[] {
  const now = machineHashes();
  return Object.entries(header.engine.machines)
    .filter(([id, hash]) => now[id] !== hash)
    .map(([id]) => id);
}
