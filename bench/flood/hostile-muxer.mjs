// A muxer that says whatever an attack wants: it stands in the muxer slot of our own swarm, above a real noise channel.
import { Subject } from 'rxjs';
import { encodeYamuxHeader, YAMUX_FLAG, YAMUX_TYPE } from '../../dist/wire/yamux.js';
import { encodeMultistreamMessage } from '../../dist/wire/multistream.js';

const { SYN, RST } = YAMUX_FLAG;
const { data, windowUpdate, ping } = YAMUX_TYPE;
const PROPOSAL = Buffer.concat(['/multistream/1.0.0', '/echo/1.0.0'].map((line) => encodeMultistreamMessage(line)));
const header = (type, flags, id, length) => encodeYamuxHeader(type, flags, id, length);
const open = (id) => header(windowUpdate, SYN, id, 0);
const say = (id, bytes) => Buffer.concat([header(data, 0, id, bytes.length), bytes]);
const many = (count, make) => Buffer.concat(Array.from({ length: count }, (_, at) => make(at)));

/**
 * Every attack in a secure channel: what it sends at once, and then again and again, every so many milliseconds. At the
 * node's limits: it goes on for as long as it is let.
 */
export const ATTACKS = {
  // As many streams as may be, all of them in the middle of their negotiation.
  streams: {
    first: () => many(1000, (at) => Buffer.concat([open(2 * at + 1), say(2 * at + 1, PROPOSAL.subarray(0, 9))])),
    everyMs: 1000,
    again: (round) => many(100, (at) => open(2001 + 2 * (100 * round + at))),
  },
  pings: { first: () => new Uint8Array(0), everyMs: 20, again: () => many(60, (at) => header(ping, SYN, 0, at)) },
  resets: {
    first: () => new Uint8Array(0),
    everyMs: 100,
    again: (round) =>
      many(25, (at) =>
        Buffer.concat([open(1 + 2 * (25 * round + at)), header(windowUpdate, RST, 1 + 2 * (25 * round + at), 0)]),
      ),
  },
  windows: {
    first: () => Buffer.concat([open(1), say(1, PROPOSAL)]),
    everyMs: 20,
    again: () => many(200, (at) => header(windowUpdate, 0, 1, at % 2)),
  },
  // Echoes that it never reads: its window holds the answers back, and ours its bytes.
  unread: {
    first: () =>
      many(64, (at) =>
        Buffer.concat([
          open(2 * at + 1),
          say(2 * at + 1, PROPOSAL),
          ...[0, 1, 2, 3].map(() => say(2 * at + 1, Buffer.alloc(65_000))),
        ]),
      ),
    everyMs: 1000,
    again: (round) => many(1, () => say(2 * (round % 64) + 1, Buffer.alloc(1000))),
  },
  // A byte a frame, and a new stream for each round.
  crumbs: {
    first: () => Buffer.concat([open(1), say(1, PROPOSAL)]),
    everyMs: 20,
    again: () => many(50, () => say(1, Buffer.from([1]))),
  },
};

/** The muxer of one attack. */
export function hostileMuxer(kind) {
  const attack = ATTACKS[kind];
  return {
    id: '/yamux/1.0.0',
    create: ({ environment, connection }) => {
      const inbound = new Subject();
      const outbound = new Subject();
      let timer;
      const send = (bytes) => {
        if (bytes.length === 0) return;
        environment.turns.post(() =>
          outbound.next(environment.message({ direction: 'outbound', layer: 'yamux', connection, chunks: [bytes] })),
        );
      };
      const stop = () => clearInterval(timer);
      return {
        address: `${connection}/hostile`,
        layer: 'yamux',
        inbound$: inbound,
        outbound$: outbound,
        streams: new Map(),
        stays: [],
        state: 'open',
        start: () => {
          let round = 0;
          setImmediate(() => send(attack.first()));
          timer = setInterval(() => send(attack.again(round++)), attack.everyMs);
        },
        send: () => undefined,
        receive: () => undefined,
        openStream: () => {
          throw new Error('the hostile open none');
        },
        goAway: stop,
        dispose: stop,
        ping: () => undefined,
      };
    },
  };
}
