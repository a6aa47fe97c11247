/** What the heap holds, without garbage: a bound on that holds on any machine, and one on what waits for collection does not. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are held now, after a collection. */
export function heldBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** Runs work; answers what it resolves to, and how much more was held at once than before it, looked at each so many ms. */
export async function watchingMemory<Value>(
  work: () => Promise<Value>,
  eachMs = 300,
): Promise<{ readonly value: Value; readonly mostBytes: number }> {
  const before = heldBytes();
  let most = before;
  const looking = setInterval(() => (most = Math.max(most, heldBytes())), eachMs);
  try {
    return { value: await work(), mostBytes: most - before };
  } finally {
    clearInterval(looking);
  }
}
