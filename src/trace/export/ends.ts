/** Where the two ends of a connection stand in a capture: their own addresses, or ones made up where those are no IP. */
import { multiaddrToBytes } from '../../wire/multiaddr.js';
import type { TcpEnd, TcpSide } from './tcp.js';

interface Pair {
  readonly local: TcpEnd;
  readonly remote: TcpEnd;
}

/** The ends of one connection. */
export interface Ends {
  readonly wire: Pair;
  /** The same on the inside of the channel: the dialer's port tells the two apart. */
  decrypted(dialer: TcpSide): Pair;
}

const IP4 = 0x04;
const IP6 = 0x29;
const TCP = 0x06;
/** Made-up ports of dialers, and of the insides of channels, lie in the dynamic range. */
const FIRST_DYNAMIC_PORT = 49_152;
const DYNAMIC_PORTS = 16_384;
const MADE_UP_PORT = 4001;

/** Finds the ends of connection after connection, no two alike. */
export function conversationEnds(): (number: number, local: string, remote: string) => Ends {
  const taken = new Set<string>();
  const unlike = (make: (port: number) => Pair, first: number): Pair => {
    for (let tries = 0; ; tries++) {
      const pair = make(FIRST_DYNAMIC_PORT + ((first + tries) % DYNAMIC_PORTS));
      if (tries < DYNAMIC_PORTS && taken.has(keyOf(pair))) continue;
      taken.add(keyOf(pair));
      return pair;
    }
  };
  return (number, localText, remoteText) => {
    const [local, remote] = [endOf(localText), endOf(remoteText)];
    const real = local !== undefined && remote !== undefined && local.ip.length === remote.ip.length;
    const wire = real ? { local, remote } : unlike((port) => madeUp(number, port), number);
    taken.add(keyOf(wire));
    return {
      wire,
      decrypted: (dialer) => unlike((port) => ({ ...wire, [dialer]: { ...wire[dialer], port } }), number),
    };
  };
}

/** Addresses for documentation (RFC 5737): ours one, each connection's peer one of its own. */
function madeUp(number: number, port: number): Pair {
  return {
    local: { ip: Uint8Array.of(192, 0, 2, 1), port },
    remote: { ip: Uint8Array.of(198, 51, 100, 1 + (number % 254)), port: MADE_UP_PORT },
  };
}

function endOf(text: string): TcpEnd | undefined {
  let bytes: Uint8Array;
  try {
    bytes = multiaddrToBytes(text);
  } catch {
    return undefined;
  }
  const size = bytes[0] === IP4 ? 4 : bytes[0] === IP6 ? 16 : 0;
  const rest = bytes.subarray(1 + size);
  if (size === 0 || rest[0] !== TCP || rest.length !== 3) return undefined;
  return { ip: bytes.slice(1, 1 + size), port: ((rest[1] ?? 0) << 8) | (rest[2] ?? 0) };
}

function keyOf({ local, remote }: Pair): string {
  const [one, other] = [local, remote].map(({ ip, port }) => `${ip.join('.')}:${port}`).sort();
  return `${one} ${other}`;
}
