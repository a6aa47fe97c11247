/** `swarmchart routing serve`: a node's routing as a Delegated Routing V1 HTTP API, until it is interrupted. */
import { EngineError } from '../errors.js';
import { NodeHttpServer } from '../platform/http-server.js';
import type { HttpServer } from '../ports.js';
import type { DelegatedRoutingServer, ServedRequest } from '../routing/delegated/server.js';
import type { Command, OptionSpec, Words } from './command.js';
import { untilInterrupted } from './node-options.js';
import { printJson, printLine, printNote } from './output.js';

/** A started node, as far as serving its routing needs it. */
export interface RoutingHost {
  readonly peerId: string;
  routingServer(http: HttpServer): DelegatedRoutingServer;
  stop(): Promise<void>;
}

/** Starts the node for a call of the command. */
export type StartRoutingHost = (words: Words) => Promise<RoutingHost>;

/** What ends the command. Default: an interrupt. */
export type RoutingInterrupt = () => Promise<unknown>;

const DEFAULT_LISTEN = '127.0.0.1:8190';

/** The command, for nodes that `start` starts; `options` are those that `start` reads besides. */
export function routingCommand(
  start: StartRoutingHost,
  options: Readonly<Record<string, OptionSpec>> = {},
  interrupted: RoutingInterrupt = untilInterrupted,
): Command {
  return {
    name: 'routing',
    usage: 'serve',
    positionals: [1, 1],
    options: {
      ...options,
      listen: {
        type: 'string',
        value: 'HOST:PORT',
        help: `where to serve HTTP (default ${DEFAULT_LISTEN}); port 0 takes any`,
      },
    },
    examples: [
      'swarmchart routing serve',
      'swarmchart routing serve --listen 127.0.0.1:0 --json',
      'curl http://127.0.0.1:8190/routing/v1/providers/bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
    ],
    async run(words) {
      if (words.positionals[0] !== 'serve')
        throw invalid(`there is no "routing ${words.positionals[0] ?? ''}": serve is all`);
      const at = endpointOf(words.text('listen') ?? DEFAULT_LISTEN);
      const json = words.flag('json');
      const host = await start(words);
      try {
        const server = host.routingServer(new NodeHttpServer());
        const subscription = server.served$.subscribe((request) => print(request, json));
        try {
          const url = await server.listen(at);
          const interruption = interrupted();
          if (json) printJson({ event: 'listening', url, peerId: host.peerId });
          else printLine(`serving ${url}/routing/v1 for ${host.peerId}`);
          await interruption;
        } finally {
          await server.stop();
          subscription.unsubscribe();
        }
      } finally {
        await host.stop();
      }
      return 0;
    },
  };
}

function print({ method, target, remoteAddress, status, answers, durationMs }: ServedRequest, json: boolean): void {
  const ms = Math.round(durationMs);
  if (json) printJson({ event: 'served', method, target, remoteAddress, status, answers, durationMs: ms });
  else
    printNote(
      `${status} ${method} ${JSON.stringify(target).slice(1, -1)} ${answers} found, ${ms} ms, ${remoteAddress}`,
    );
}

/** `HOST:PORT`, an IPv6 address in brackets. Throws `ERR_INVALID_ARGUMENT`. */
function endpointOf(text: string): { readonly host: string; readonly port: number } {
  const [, six, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = six ?? name;
  const port = Number(digits);
  if (host === undefined || port > 65_535) throw invalid(`--listen takes HOST:PORT, got "${text}"`);
  return { host, port };
}

function invalid(what: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', `${what} (see: swarmchart routing --help)`);
}
