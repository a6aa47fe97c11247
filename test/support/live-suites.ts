/** Suites against peers whose toolchain a machine may lack: there they are skipped, and say why. */
import { describe } from '@jest/globals';
import { ensurePeer, type PeerName } from '../peers/peers.js';

/** `describe` for the tests that need the peer; it skips them with the reason in their name when it cannot run here. */
export async function suiteFor(name: PeerName): Promise<(title: string, tests: () => void) => void> {
  const readiness = await ensurePeer(name);
  if (readiness.ready) return (title, tests) => describe(title, tests);
  const { reason } = readiness;
  // Straight to the terminal: the console of a suite without a test that runs is never shown.
  process.stderr.write(`Skipped, because the peer ${name} cannot run here: ${reason}\n`);
  return (title, tests) => describe.skip(`${title} (skipped: ${reason})`, tests);
}
