/** Versions of what decides the order of things, for the headers of traces. */
import { createRequire } from 'node:module';

/** Our version; a test holds it to the manifest. */
export const SWARMCHART_VERSION = '0.1.0';

/** The engine, XState and the runtime. */
export function engineVersions(): { readonly swarmchart: string; readonly xstate: string; readonly node: string } {
  return { swarmchart: SWARMCHART_VERSION, xstate: xstateVersion(), node: process.version };
}

function xstateVersion(): string {
  try {
    return (createRequire(import.meta.url)('xstate/package.json') as { version: string }).version;
  } catch {
    // A bundle has it inside.
    return 'bundled';
  }
}
