/**
 * The interop matrix: who speaks what with us, over what. One table for the tests that hold it to the truth (`cell-suite.ts`)
 * and for the README, which shows it (`table.ts`). It imports nothing of the engine at run time: ids and names are those of the
 * specs, written out.
 */
import type { MuxerName, SecurityName } from '../../src/chain-protocols.js';
import type { PeerName } from '../peers/peers.js';

/** What carries the bytes. */
export type TransportName = 'tcp' | 'ws' | 'unix';
/** Who dials. */
export type Direction = 'we dial' | 'they dial';
/** How a cell is judged: by an echo with half-close, by an echo over a stream that cannot be half-closed, by blocks. */
export type Exchange = 'echo' | 'echo without half-close' | 'bitswap';

/** Multistream ids of the security slot, in the order of the table. */
export const SECURITY_IDS: Readonly<Record<SecurityName, string>> = {
  noise: '/noise',
  tls: '/tls/1.0.0',
  secio: '/secio/1.0.0',
  plaintext: '/plaintext/2.0.0',
  'unsafe-plaintext-1': '/plaintext/1.0.0',
};

/** Multistream ids of the muxer slot; without a muxer there is nothing to negotiate. */
export const MUXER_IDS: Readonly<Record<MuxerName, string>> = {
  yamux: '/yamux/1.0.0',
  mplex: '/mplex/6.7.0',
  spdy: '/spdy/3.1.0',
  none: 'none',
};

export const SECURITIES = Object.keys(SECURITY_IDS) as readonly SecurityName[];
export const MUXERS = Object.keys(MUXER_IDS) as readonly MuxerName[];
export const DIRECTIONS: readonly Direction[] = ['we dial', 'they dial'];

/** Where a peer says what it is: a file below `test/peers`, and what it must contain. */
export interface Pin {
  readonly file: string;
  readonly text: string;
}

/** A column: one implementation, ours last. */
export interface Column {
  readonly peer: PeerName | 'ours';
  /** The head of the column. */
  readonly title: string;
  readonly pin?: Pin;
}

const npm = (peer: PeerName, version: string): Pin => ({
  file: `${peer}/package.json`,
  text: `"libp2p": "${version}"`,
});

export const COLUMNS: readonly Column[] = [
  { peer: 'js-modern', title: 'js-libp2p 3.3', pin: npm('js-modern', '3.3.11') },
  { peer: 'js-v2', title: 'js-libp2p 2.10', pin: npm('js-v2', '2.10.0') },
  { peer: 'js-v1', title: 'js-libp2p 1.9', pin: npm('js-v1', '1.9.4') },
  { peer: 'js-secio', title: 'js-libp2p 0.28', pin: npm('js-secio', '0.28.10') },
  { peer: 'js-spdy', title: 'js-libp2p 0.26', pin: npm('js-spdy', '0.26.2') },
  {
    peer: 'go-modern',
    title: 'Kubo 0.40',
    pin: { file: 'go-modern/go.mod', text: 'github.com/ipfs/kubo v0.40.1' },
  },
  {
    peer: 'go-secio',
    title: 'go-libp2p 0.9',
    pin: { file: 'go-secio/go.mod', text: 'github.com/libp2p/go-libp2p v0.9.6' },
  },
  { peer: 'ours', title: 'two of ours' },
];

/** One combination that a peer speaks with us. */
export interface Cell {
  readonly peer: Column['peer'];
  /** Flags of the peer's program besides `--listen`; cells with the same ones share a process. */
  readonly flags: readonly string[];
  readonly transport: TransportName;
  readonly security: SecurityName;
  readonly muxer: MuxerName;
  readonly directions: readonly Direction[];
  readonly exchange: Exchange;
}

type Stack = Pick<Cell, 'peer'> &
  Partial<Pick<Cell, 'flags' | 'directions' | 'exchange'>> & {
    readonly transports: readonly TransportName[];
    readonly securities: readonly SecurityName[];
    readonly muxers: readonly MuxerName[];
  };

/** Every combination of what a peer has: its program offers all of it, we one of each, and that is what is agreed. */
function combined({ transports, securities, muxers, ...rest }: Stack): readonly Cell[] {
  const common = { flags: [], directions: DIRECTIONS, exchange: 'echo' as const, ...rest };
  return securities.flatMap((security) =>
    muxers.flatMap((muxer) => transports.map((transport) => ({ ...common, transport, security, muxer }))),
  );
}

const flags = (text: string): readonly string[] => text.split(' ');
const ECHO_ON_SECIO = flags('--key ed25519 --raw-secio --protocol /echo/1.0.0');

const OURS = { peer: 'ours', securities: SECURITIES, directions: ['we dial'] } as const;

/** All of it; what is not here, nobody that we know speaks. */
export const CELLS: readonly Cell[] = [
  combined({
    peer: 'js-modern',
    flags: flags('--security noise --security tls --security plaintext --muxer yamux --muxer mplex'),
    transports: ['tcp', 'ws', 'unix'],
    securities: ['noise', 'tls', 'plaintext'],
    muxers: ['yamux', 'mplex'],
  }),
  ...(['js-v2', 'js-v1'] as const).map((peer) =>
    combined({
      peer,
      flags: flags('--security noise --security tls --security plaintext --muxer yamux,mplex'),
      transports: ['tcp', 'ws', 'unix'],
      securities: ['noise', 'tls', 'plaintext'],
      muxers: ['yamux', 'mplex'],
    }),
  ),
  combined({
    peer: 'js-secio',
    flags: flags('--key ed25519'),
    transports: ['tcp', 'ws'],
    securities: ['secio'],
    muxers: ['mplex'],
  }),
  combined({
    peer: 'js-secio',
    flags: ECHO_ON_SECIO,
    transports: ['tcp'],
    securities: ['secio'],
    muxers: ['none'],
    exchange: 'echo without half-close',
  }),
  ...(['spdy', 'mplex'] as const).flatMap((muxer) =>
    (['secio', 'unsafe-plaintext-1'] as const).map((security) =>
      combined({
        peer: 'js-spdy',
        flags: flags(`--security ${security === 'secio' ? 'secio' : 'plaintext'} --muxer ${muxer}`),
        transports: ['tcp', 'ws'],
        securities: [security],
        muxers: [muxer],
      }),
    ),
  ),
  combined({
    peer: 'go-modern',
    transports: ['tcp', 'ws'],
    securities: ['noise', 'tls'],
    muxers: ['yamux'],
    exchange: 'bitswap',
  }),
  combined({
    peer: 'go-secio',
    flags: flags('--key ed25519 --muxer yamux,mplex'),
    transports: ['tcp', 'ws'],
    securities: ['secio'],
    muxers: ['yamux', 'mplex'],
  }),
  // Between two of ours one direction is the other. Without a muxer a transport has to know half-close.
  combined({ ...OURS, transports: ['tcp', 'ws', 'unix'], muxers: ['yamux', 'mplex', 'spdy'] }),
  combined({ ...OURS, transports: ['tcp', 'unix'], muxers: ['none'] }),
].flat();

/** The name of a cell's test in one direction, which is how results are told apart. */
export function titleOf({ peer, transport, security, muxer }: Cell, direction: Direction): string {
  return `${peer}, ${transport}, ${SECURITY_IDS[security]}, ${MUXER_IDS[muxer]}: ${direction}`;
}
