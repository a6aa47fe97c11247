/** How a daemon finds peers and content: its words, over what the configuration file says. */
import { EngineError } from '../errors.js';
import { PUBLIC_BOOTSTRAP } from '../routing/bootstrap-list.js';
import type { OptionSpec, Words } from './command.js';
import type { DaemonConfig, FileRouting } from './config.js';
import { bootstrapIn, isNear, NOBODY } from './routing-options.js';

const MODES = ['client', 'server', 'auto', 'off'] as const;

export const DAEMON_ROUTING_OPTIONS = {
  bootstrap: {
    type: 'string',
    value: 'MA',
    multiple: true,
    help: `a peer to connect to at start, or ${NOBODY}; repeatable (default: with --dht, the public network's)`,
  },
  dht: {
    type: 'string',
    value: 'MODE',
    help: `take part in the DHT: ${MODES.join(', ')} (default: off); auto answers while others can reach this node`,
  },
  lan: { type: 'boolean', help: 'take part in the DHT of local networks too, /ipfs/lan/kad/1.0.0' },
  delegated: { type: 'string', value: 'URL', multiple: true, help: 'a server of HTTP Routing V1 to ask; repeatable' },
  mdns: { type: 'boolean', help: 'find peers on this network by multicast DNS, and be found' },
} as const satisfies Record<string, OptionSpec>;

/** Routing and bootstrap peers of a daemon that listens on `listen`. Throws `ERR_INVALID_ARGUMENT`. */
export function routingConfig(
  file: DaemonConfig,
  words: Words,
  listen: readonly string[],
): Pick<DaemonConfig, 'routing' | 'bootstrap'> {
  const mode = modeOf(words);
  const named = bootstrapIn(words) ?? file.bootstrap;
  const joinsPublic = mode !== undefined && mode !== 'off';
  const bootstrap = named ?? (joinsPublic ? PUBLIC_BOOTSTRAP : undefined);
  const routing: FileRouting = {
    ...file.routing,
    ...(mode === undefined ? {} : { dht: dhtOf(file.routing?.dht, mode, bootstrap ?? [], listen) }),
    ...(words.flag('lan') ? { lanDht: lanOf(file.routing?.lanDht, mode) } : {}),
    ...(words.list('delegated').length === 0 ? {} : { delegated: words.list('delegated') }),
    // What the file says of it in detail stands.
    ...(words.flag('mdns') ? { mdns: file.routing?.mdns || true } : {}),
  };
  return {
    ...(Object.keys(routing).length === 0 ? {} : { routing }),
    ...(bootstrap === undefined ? {} : { bootstrap }),
  };
}

function modeOf(words: Words): (typeof MODES)[number] | undefined {
  const text = words.text('dht');
  const mode = MODES.find((name) => name === text);
  if (text === undefined || mode !== undefined) return mode;
  throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `--dht takes ${MODES.join(', ')}, got "${text}"`);
}

function dhtOf(
  file: FileRouting['dht'],
  mode: (typeof MODES)[number],
  bootstrap: readonly string[],
  listen: readonly string[],
): NonNullable<FileRouting['dht']> {
  if (mode === 'off') return false;
  // Peers of this machine or of its network mean a network of that kind; so does the first node of one.
  const isOwn = bootstrap.length === 0 ? listen.some(isNear) : bootstrap.some(isNear);
  return { ...(isOwn ? { peers: 'any' as const } : {}), ...(typeof file === 'object' ? file : {}), mode };
}

/** In the mode of the public one, where that is named. */
function lanOf(
  file: FileRouting['lanDht'],
  mode: (typeof MODES)[number] | undefined,
): NonNullable<FileRouting['lanDht']> {
  const said = typeof file === 'object' ? file : {};
  return mode === undefined || mode === 'off' ? { mode: 'auto', ...said } : { ...said, mode };
}
