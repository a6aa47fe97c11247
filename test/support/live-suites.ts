/** Suites against peers whose toolchain a machine may lack: there they are skipped, and say why. */
import { describe } from '@jest/globals';
import { existsSync } from 'node:fs';
import { ensurePeer, type PeerName, type PeerReadiness } from '../peers/peers.js';

/** `describe` for the tests that need the peer; it skips them with the reason in their name when it cannot run here. */
export async function suiteFor(name: PeerName): Promise<(title: string, tests: () => void) => void> {
  const readiness = isUnbuilt(name) ? UNBUILT : await ensurePeer(name);
  if (readiness.ready) return (title, tests) => describe(title, tests);
  const { reason } = readiness;
  // Straight to the terminal: the console of a suite without a test that runs is never shown.
  process.stderr.write(`Skipped, because the peer ${name} cannot run here: ${reason}\n`);
  return (title, tests) => describe.skip(`${title} (skipped: ${reason})`, tests);
}

const UNBUILT: PeerReadiness = {
  ready: false,
  reason: 'it takes minutes to build: node test/peers/install.mjs --rust',
};

/** A peer in Rust is built only by who asks for it. */
function isUnbuilt(name: PeerName): boolean {
  return name.startsWith('rust-') && !existsSync(new URL(`../peers/${name}/target/.stamp`, import.meta.url));
}
