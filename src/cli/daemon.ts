/** `swarmchart daemon`: a node that serves until it is interrupted. */
import type { Host } from '../host/host.js';
import { serveMetrics } from '../platform/metrics-server.js';
import { systemClock } from '../platform/system-clock.js';
import { formatLogLine, LOG_LEVELS, logTo, type LogLevel } from '../telemetry/log.js';
import { PROMETHEUS_CONTENT_TYPE, prometheusText } from '../telemetry/prometheus-text.js';
import { NodeTally } from '../telemetry/tally.js';
import { EngineError } from '../errors.js';
import type { Command, Words } from './command.js';
import { CONFIG_FILE, nodeOptionsOf, readConfig, type DaemonConfig } from './config.js';
import { DAEMON_ROUTING_OPTIONS, routingConfig } from './daemon-routing.js';
import { startInspector } from './daemon-inspect.js';
import { NO_RPC, serveRpc } from './daemon-rpc.js';
import { inspectPort, tellInspector } from './inspect-serving.js';
import { CHAIN_OPTIONS, REPO_OPTION, chainOptions, repoFolder, untilInterrupted, startNode } from './node-options.js';
import { printFailure, printJson, printLine, printNote } from './output.js';

const DEFAULT_LISTEN = ['/ip4/127.0.0.1/tcp/4001'];

export const daemonCommand: Command = {
  name: 'daemon',
  usage: '',
  positionals: [0, 0],
  options: {
    ...REPO_OPTION,
    config: {
      type: 'string',
      value: 'FILE',
      help: `configuration in JSON; the words here win (default: ${CONFIG_FILE} in the repo, if there)`,
    },
    listen: {
      type: 'string',
      value: 'MA',
      multiple: true,
      help: `where to listen; repeatable (default: ${DEFAULT_LISTEN.join(', ')})`,
    },
    ...CHAIN_OPTIONS,
    ...DAEMON_ROUTING_OPTIONS,
    rpc: {
      type: 'string',
      value: 'MA',
      help: `where the local RPC listens: /unix/PATH, /ip4/127.0.0.1/tcp/PORT, or ${NO_RPC} (default: a socket in the repo)`,
    },
    metrics: {
      type: 'string',
      value: 'MA',
      help: 'serve Prometheus metrics over HTTP there, on loopback: /ip4/127.0.0.1/tcp/PORT; needs no package',
    },
    inspect: {
      type: 'string',
      value: 'PORT',
      optional: true,
      help: "serve the inspector's page for this node, on loopback (default: a free one); read-only",
    },
    log: {
      type: 'string',
      value: 'LEVEL',
      help: `log lines on standard error: ${LOG_LEVELS.join(', ')}`,
    },
    'log-json': { type: 'boolean', help: 'log lines as JSON, one object a line (level info unless --log says)' },
  },
  examples: [
    'swarmchart daemon',
    'swarmchart daemon --listen /ip4/0.0.0.0/tcp/4001 --listen /ip6/::/tcp/4001',
    'swarmchart daemon --repo ./repo --security noise,secio',
    'swarmchart daemon --dht auto --mdns',
    'swarmchart daemon --inspect',
    'swarmchart daemon --dht server --bootstrap none        (the first node of a network of its own)',
    'swarmchart daemon --config ./swarmchart.json --log-json --metrics /ip4/127.0.0.1/tcp/9464',
  ],
  async run(words) {
    const json = words.flag('json');
    const repo = repoFolder(words);
    const config = mergedConfig(await readConfig(repo, words.text('config')), words);
    const options = nodeOptionsOf(config);
    const host = await startNode({ listen: DEFAULT_LISTEN, ...options, repo, onBroken: (e) => printFailure(e, json) });
    const services = await startServices(host, repo, config).catch(async (thrown: unknown) => {
      await host.stop();
      throw thrown;
    });
    const { peerId, addresses } = host;
    const { rpc, metrics, inspect } = services;
    const interrupted = untilInterrupted();
    if (json) printJson({ event: 'listening', peerId, addresses, rpc, metrics, inspect });
    else for (const address of addresses) printLine(address);
    if (!json && inspect !== undefined) tellInspector(inspect, json);
    if (!json && metrics !== undefined) printNote(`metrics at ${metrics}`);

    const stopTelling = config.log === undefined ? tellEvents(host, json) : (): void => undefined;
    const signal = await interrupted;
    stopTelling();
    await services.close();
    await host.stop();
    if (json) printJson({ event: 'stopped', signal });
    return 0;
  },
};

/** The file's configuration with what the words say instead. Throws `ERR_INVALID_ARGUMENT`. */
function mergedConfig(file: DaemonConfig, words: Words): DaemonConfig {
  const listen = words.list('listen');
  const rpc = words.text('rpc');
  const metrics = words.text('metrics');
  const inspect = inspectPort(words);
  const level = words.text('log');
  const known = LOG_LEVELS.find((name) => name === level);
  if (level !== undefined && known === undefined) {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `--log takes ${LOG_LEVELS.join(', ')}, got "${level}"`);
  }
  const log = {
    ...file.log,
    ...(known === undefined ? {} : { level: known }),
    ...(words.flag('log-json') ? { json: true } : {}),
  };
  return {
    ...file,
    ...(listen.length === 0 ? {} : { listen }),
    ...routingConfig(file, words, listen.length === 0 ? (file.listen ?? DEFAULT_LISTEN) : listen),
    ...chainOptions(words),
    ...(rpc === undefined ? {} : { rpc }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(inspect === undefined ? {} : { inspect }),
    ...(Object.keys(log).length === 0 ? {} : { log }),
  };
}

interface Services {
  readonly rpc: string | undefined;
  readonly metrics: string | undefined;
  readonly inspect: string | undefined;
  close(): Promise<void>;
}

/** What goes with the node: logs, numbers, and the local RPC. */
async function startServices(host: Host, repo: string, config: DaemonConfig): Promise<Services> {
  const { log, limits } = config;
  const stopLog = log === undefined ? (): void => undefined : startLog(host, log.level ?? 'info', log.json ?? false);
  const tally = new NodeTally(host, { machines: config.metrics !== undefined });
  const page = (): string => prometheusText(tally.families());
  const metrics =
    config.metrics === undefined ? undefined : await serveMetrics(config.metrics, PROMETHEUS_CONTENT_TYPE, page);
  const rpc = await serveRpc({ node: host, tally, repo, address: config.rpc, limits, note: printNote }).catch(
    async (thrown: unknown) => {
      await metrics?.close();
      throw thrown;
    },
  );
  const inspector = await startInspector(host, repo, config).catch(async (thrown: unknown) => {
    await rpc?.close();
    await metrics?.close();
    throw thrown;
  });
  return {
    rpc: rpc?.address,
    metrics: metrics?.url,
    inspect: inspector?.url,
    close: async () => {
      await inspector?.close();
      await rpc?.close();
      await metrics?.close();
      tally.stop();
      stopLog();
    },
  };
}

function startLog(host: Host, level: LogLevel, json: boolean): () => void {
  const timeOf = (timeMs: number): string => new Date(timeMs).toISOString();
  const sink = json
    ? (line: object & { readonly timeMs: number }): void => {
        const { timeMs, ...rest } = line;
        printNote(JSON.stringify({ time: timeOf(timeMs), ...rest }));
      }
    : (line: Parameters<typeof formatLogLine>[0]): void => printNote(formatLogLine(line, timeOf));
  return logTo(host, sink, { level, clock: systemClock });
}

/** What a daemon without a log says of itself. */
function tellEvents(host: Host, json: boolean): () => void {
  const events = host.events$.subscribe((event) => {
    if (event.type === 'connection.failed' || event.type === 'stream.failed') {
      if (json) printJson({ event: event.type, remote: event.info.remoteAddress, code: event.error.code });
      else printNote(`${event.type} ${event.info.remoteAddress} ${event.error.code}: ${event.error.message}`);
    } else if (event.type === 'peer.connected' || event.type === 'peer.disconnected') {
      if (json) printJson({ event: event.type, peer: event.peer });
      else printNote(`${event.type} ${event.peer}`);
    }
  });
  return () => events.unsubscribe();
}
