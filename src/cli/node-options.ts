/** The options that several commands share, and the node that they describe. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { MUXER_NAMES, SECURITY_NAMES } from '../chain-protocols.js';
import { createNode, type CreateNodeOptions } from '../create-node.js';
import { EngineError } from '../errors.js';
import type { Host } from '../host/host.js';
import type { OptionSpec, Words } from './command.js';

export const REPO_OPTION = {
  repo: { type: 'string', value: 'DIR', help: 'the repo (default: $SWARMCHART_REPO or ~/.swarmchart)' },
} as const satisfies Record<string, OptionSpec>;

export const CHAIN_OPTIONS = {
  security: {
    type: 'string',
    value: 'LIST',
    help: `security protocols, best first: ${SECURITY_NAMES.join(',')} (default: noise)`,
  },
  muxer: { type: 'string', value: 'LIST', help: `muxers, best first: ${MUXER_NAMES.join(',')} (default: yamux)` },
} as const satisfies Record<string, OptionSpec>;

export const PEER_OPTION = {
  peer: { type: 'string', value: 'MA', multiple: true, help: 'a provider to dial, as a full multiaddr; repeatable' },
} as const satisfies Record<string, OptionSpec>;

/** The repo that the words name. */
export function repoFolder(words: Words): string {
  return words.text('repo') ?? process.env['SWARMCHART_REPO'] ?? join(homedir(), '.swarmchart');
}

/** Security and muxers of the words. Throws `ERR_INVALID_ARGUMENT`. */
export function chainOptions(words: Words): Pick<CreateNodeOptions, 'security' | 'muxers'> {
  const security = oneOf(words, 'security', SECURITY_NAMES);
  const muxers = oneOf(words, 'muxer', MUXER_NAMES);
  return { ...(security.length === 0 ? {} : { security }), ...(muxers.length === 0 ? {} : { muxers }) };
}

/** The names that `option` lists, each of which has to be known. */
function oneOf<Name extends string>(words: Words, option: string, names: readonly Name[]): readonly Name[] {
  return words.list(option).map((name) => {
    const known = names.find((candidate) => candidate === name);
    if (known === undefined) throw invalid(`--${option} takes ${names.join(', ')}, got "${name}"`);
    return known;
  });
}

let makeNode: (options: CreateNodeOptions) => Promise<Host> = createNode;

/** Makes the node of a command: `createNode`, unless the command runs inside another one that wants its nodes. */
export function startNode(options: CreateNodeOptions): Promise<Host> {
  return makeNode(options);
}

/** Makes nodes in another way from now on: `swarmchart record` records those of the command that it runs. */
export function makeNodesBy(make: (options: CreateNodeOptions) => Promise<Host>): void {
  makeNode = make;
}

/** Starts a node, runs `work` with it, and stops it whatever happens. */
export async function withNode<Result>(
  options: CreateNodeOptions,
  work: (host: Host) => Promise<Result>,
): Promise<Result> {
  const host = await startNode(options);
  try {
    return await work(host);
  } finally {
    await host.stop();
  }
}

/**
 * Resolves when the process is asked to stop, once; a second request ends it at once. It is called before the line that tells
 * others that the command is ready: who reads that line may interrupt it at once.
 */
export function untilInterrupted(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (asked) process.exit(130);
      asked = true;
      resolve(signal);
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}

function invalid(message: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', message);
}
