/** Published and captured bytes below test/vectors/, each file with its provenance. */
import { readFileSync } from 'node:fs';

/** The JSON of a vector file, e.g. `keys/libp2p-specs.json`. The caller knows its shape. */
export function vectors(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../vectors/${file}`, import.meta.url), 'utf8'));
}
