/** The hash of a machine: equal exactly when states, edges, guards, actions and delays are. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { AnyStateMachine } from 'xstate';
import { canonicalMachine } from '../actors/chart/canonical.js';
import { MACHINES } from '../machines/index.js';

/** SHA-256 of {@link canonicalMachine}, in hex. */
export function machineHash(machine: AnyStateMachine): string {
  return bytesToHex(sha256(new TextEncoder().encode(canonicalMachine(machine))));
}

/** The hash of every machine of the catalogue, by id. */
export function machineHashes(): Readonly<Record<string, string>> {
  return Object.fromEntries(MACHINES.map(({ machine }) => [machine.id, machineHash(machine)]));
}
