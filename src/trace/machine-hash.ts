/** The canonical form of a machine and its hash: equal exactly when states, edges, guards, actions and delays are. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { edgesOf, nameOf, pathOf } from '../actors/chart/edges.js';
import { MACHINES } from '../machines/index.js';

/** A machine as JSON, functions by their names: the same text for the same chart, in any process. */
export function canonicalMachine(machine: AnyStateMachine): string {
  const states = nodesOf(machine.root).map((node) => ({
    path: pathOf(node),
    type: node.type,
    initial: node.type === 'compound' ? node.initial.target.map(pathOf) : undefined,
    entry: node.entry.map(nameOf),
    exit: node.exit.map(nameOf),
    tags: [...node.tags].sort(),
  }));
  return JSON.stringify({ id: machine.id, states, edges: edgesOf(machine) });
}

/** SHA-256 of {@link canonicalMachine}, in hex. */
export function machineHash(machine: AnyStateMachine): string {
  return bytesToHex(sha256(new TextEncoder().encode(canonicalMachine(machine))));
}

/** The hash of every machine of the catalogue, by id. */
export function machineHashes(): Readonly<Record<string, string>> {
  return Object.fromEntries(MACHINES.map(({ machine }) => [machine.id, machineHash(machine)]));
}

function nodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)];
}
