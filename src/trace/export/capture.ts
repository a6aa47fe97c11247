/**
 * A trace as a capture that packet tools read: what each connection's two ends wrote as TCP, on the wire and, where the
 * trace holds it, inside the secure channel; the state path of each packet in its comment.
 */
import { EngineError } from '../../errors.js';
import type { Trace, TraceRecord } from '../format.js';
import { connectionOf, nodeOf } from '../tools/addresses.js';
import { fromHex } from '../values.js';
import { conversationEnds, type Ends } from './ends.js';
import { pcapngHead, pcapngPacket } from './pcapng.js';
import { StateComments } from './state-comments.js';
import { TcpConversation, type TcpPacket, type TcpSide } from './tcp.js';

/** Names of the interfaces, by index. */
export const CAPTURE_INTERFACES = ['wire', 'decrypted'] as const;

const NANOSECONDS_PER_MILLISECOND = 1_000_000;

/** How a capture is made. */
export interface CaptureOptions {
  /** The node whose side is shown, where the trace tells of several. */
  readonly node?: string;
}

/**
 * The trace as pcapng, block by block. Bytes that the trace leaves out are packets of the right length without data.
 * @throws EngineError `ERR_INVALID_ARGUMENT` where the trace tells of several nodes and none of them is chosen.
 */
export function* captureOf(trace: Trace, options: CaptureOptions = {}): Generator<Uint8Array> {
  const node = chosenNode(trace, options.node);
  const { title, vantagePoint, engine } = trace.header;
  const about = `${title}; seen from ${vantagePoint}; class ${engine.class}`;
  yield pcapngHead(`swarmchart ${engine.versions['swarmchart'] ?? ''}`.trim(), about, [
    { name: CAPTURE_INTERFACES[0], description: 'what crossed the sockets' },
    { name: CAPTURE_INTERFACES[1], description: 'what passed inside the secure channels' },
  ]);
  const comments = new StateComments(trace);
  const capture = new Capture();
  for (const record of trace.records) {
    if (nodeOf(record.actor) === node) {
      const shown = capture.take(record);
      if (shown !== undefined) yield* blocksOf(shown, record, comments.of(record));
    }
    comments.pass(record);
  }
}

/** Packets of one record on one interface. */
interface Shown {
  readonly interface: 0 | 1;
  readonly packets: readonly TcpPacket[];
}

/** The conversations of a trace. */
class Capture {
  readonly #ends = conversationEnds();
  readonly #wire = new Map<string, Conversation>();
  readonly #decrypted = new Map<string, Conversation>();

  /** The packets of a record; `undefined` for one that has none. */
  take(record: TraceRecord): readonly Shown[] | undefined {
    const connection = connectionOf(record.actor);
    if (connection === undefined) return undefined;
    const { address, number } = connection;
    const { name, data } = record;
    if (name === 'io:opened') {
      const ends = this.#ends(number, String(data['local']), String(data['remote']));
      const dialer = data['role'] === 'listener' ? 'remote' : 'local';
      this.#wire.set(address, { tcp: new TcpConversation(ends.wire.local, ends.wire.remote), ends, dialer });
      return [{ interface: 0, packets: this.#wire.get(address)?.tcp.open(dialer) ?? [] }];
    }
    const wire = this.#wire.get(address);
    if (wire === undefined) return undefined;
    switch (name) {
      case 'io:bytes_received':
        return [{ interface: 0, packets: wire.tcp.send('remote', ...bytesOf(record)) }];
      case 'io:bytes_sent':
        return [{ interface: 0, packets: wire.tcp.send('local', ...bytesOf(record)) }];
      case 'secure:plaintext':
        return [this.#plaintext(address, wire, record)];
      case 'io:ended':
        return this.#each(address, (tcp) => tcp.end('remote'));
      case 'io:closed':
        return this.#each(address, (tcp) =>
          data['error'] === undefined ? [...tcp.end('remote'), ...tcp.end('local')] : tcp.reset('remote'),
        );
      case 'actor:transition':
        return data['machine'] === 'connection' ? this.#stepped(address, String(data['to'])) : undefined;
      default:
        return undefined;
    }
  }

  /** Our own end: the trace tells it as a step of the connection's machine. */
  #stepped(address: string, state: string): readonly Shown[] | undefined {
    if (state === 'closed') return this.#each(address, (tcp) => tcp.end('local'));
    return state === 'failed' ? this.#each(address, (tcp) => tcp.reset('local')) : undefined;
  }

  #plaintext(address: string, wire: Conversation, record: TraceRecord): Shown {
    const side = record.data['direction'] === 'inbound' ? 'remote' : 'local';
    const packets: TcpPacket[] = [];
    let known = this.#decrypted.get(address);
    if (known === undefined) {
      const { local, remote } = wire.ends.decrypted(wire.dialer);
      known = { ...wire, tcp: new TcpConversation(local, remote) };
      this.#decrypted.set(address, known);
      packets.push(...known.tcp.open(wire.dialer));
    }
    packets.push(...known.tcp.send(side, ...bytesOf(record)));
    return { interface: 1, packets };
  }

  #each(address: string, say: (tcp: TcpConversation) => readonly TcpPacket[]): readonly Shown[] {
    return [this.#wire, this.#decrypted].flatMap((conversations, index) => {
      const tcp = conversations.get(address)?.tcp;
      return tcp === undefined ? [] : [{ interface: index === 0 ? 0 : 1, packets: say(tcp) } as const];
    });
  }
}

interface Conversation {
  readonly tcp: TcpConversation;
  readonly ends: Ends;
  readonly dialer: TcpSide;
}

function bytesOf({ data }: TraceRecord): readonly [length: number, data: Uint8Array | undefined] {
  const { length, data: hex } = data['raw'] as { readonly length: number; readonly data?: string };
  const bytes = hex === undefined ? undefined : fromHex(hex);
  return [length, bytes?.length === length ? bytes : undefined];
}

function* blocksOf(shown: readonly Shown[], record: TraceRecord, comment: string): Generator<Uint8Array> {
  const timeNs = BigInt(Math.round(record.time * NANOSECONDS_PER_MILLISECOND));
  for (const each of shown) {
    for (const { side, bytes, lengthBytes } of each.packets) {
      const direction = side === 'local' ? 'outbound' : 'inbound';
      yield pcapngPacket({ interface: each.interface, timeNs, direction, bytes, lengthBytes, comment });
    }
  }
}

function chosenNode({ records }: Trace, wanted: string | undefined): string {
  const nodes = [...new Set(records.filter(({ name }) => name === 'io:opened').map(({ actor }) => nodeOf(actor)))];
  if (wanted === undefined && nodes.length <= 1) return nodes[0] ?? '';
  if (wanted !== undefined && nodes.includes(wanted)) return wanted;
  const what = wanted === undefined ? 'the trace tells of several nodes: choose one of' : `no node "${wanted}" among`;
  throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `${what} ${nodes.slice(0, 20).join(', ')}`);
}
