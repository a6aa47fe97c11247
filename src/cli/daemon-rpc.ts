/** The RPC of a daemon, and how other commands reach it (docs/rpc.md). */
import { EngineError } from '../errors.js';
import type { Host } from '../host/host.js';
import { LIMITS, type Limits } from '../limits.js';
import { connectToRpc, defaultRpcAddress, isTooLongForSocket, listenForRpc } from '../platform/rpc-socket.js';
import { systemClock } from '../platform/system-clock.js';
import { RpcClient } from '../rpc/client.js';
import { RpcServer } from '../rpc/server.js';
import type { NodeTally } from '../telemetry/tally.js';
import type { OptionSpec, Words } from './command.js';
import { REPO_OPTION, repoFolder } from './node-options.js';

/** Options of the commands that ask a daemon. */
export const DAEMON_OPTIONS = {
  ...REPO_OPTION,
  rpc: { type: 'string', value: 'MA', help: "where the daemon's RPC listens (default: what its repo says)" },
} as const satisfies Record<string, OptionSpec>;

/** What `--rpc` and the configuration say to have none. */
export const NO_RPC = 'off';

/** An RPC that is served. */
export interface ServedRpc {
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves the RPC of `node` at `address`, by default a socket in the repo; `undefined` where it is off, or where the repo's
 * path is too long for a socket, which `note` tells.
 */
export async function serveRpc(options: {
  readonly node: Host;
  readonly tally: NodeTally;
  readonly repo: string;
  readonly address: string | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly note: (text: string) => void;
}): Promise<ServedRpc | undefined> {
  const { node, tally, repo, note } = options;
  const address = options.address ?? defaultRpcAddress(repo);
  if (address === NO_RPC) return undefined;
  if (options.address === undefined && isTooLongForSocket(address)) {
    note('no RPC: the path of the repo is too long for a socket; use --rpc /ip4/127.0.0.1/tcp/PORT');
    return undefined;
  }
  const limits = { ...LIMITS, ...options.limits };
  const service = { node, tally, clock: systemClock, limits, startedMs: systemClock.now() };
  const serving: { server?: RpcServer } = {};
  const listener = await listenForRpc(repo, address, (channel) => {
    // A client may be there before the token's check is.
    if (serving.server === undefined) channel.destroy();
    else serving.server.accept(channel);
  });
  const served = new RpcServer(service, listener.isToken);
  serving.server = served;
  return {
    address: listener.address,
    close: () => {
      served.close();
      return listener.close();
    },
  };
}

/** Connects with the daemon that the words name, runs `work`, and hangs up. Rejects with `ERR_RPC_NO_DAEMON`. */
export async function withDaemon<Result>(words: Words, work: (client: RpcClient) => Promise<Result>): Promise<Result> {
  const { channel, token } = await connectToRpc(repoFolder(words), words.text('rpc'));
  const client = new RpcClient(channel);
  try {
    if (token !== undefined) await client.call('auth', { token });
    return await work(client);
  } finally {
    client.close();
  }
}

/** What a daemon answered, as a list. Throws `ERR_RPC_BAD_ANSWER`. */
export function listFrom(answer: unknown): readonly unknown[] {
  if (!Array.isArray(answer)) throw new EngineError('ERR_RPC_BAD_ANSWER', 'local', 'the answer is no list');
  return answer;
}
