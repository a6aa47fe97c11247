/** Trackers for tests in virtual time: over HTTP they are functions, over UDP they sit on a network in memory. */
import { EngineError } from '../../../src/errors.js';
import type { TrackerHttp } from '../../../src/routing/tracker/http-announce.js';
import type { Datagrams, DatagramSocket } from '../../../src/ports.js';
import { concat, toHex, utf8 } from '../../support/decoding.js';

/** An announce as a tracker heard it. */
export interface Heard {
  readonly tracker: string;
  readonly infohash: string;
  readonly port: number;
  readonly left: number;
  readonly event: string;
  readonly wanted: number;
}

/** What a tracker answers with: bytes, or pieces of them, or nothing ever. */
export type HttpAnswer =
  | { readonly status?: number; readonly body: Uint8Array | readonly Uint8Array[] | 'endless' | 'stalls' }
  | 'silence'
  | 'unreachable';

/** An answer with these peers, e.g. `1.2.3.4:5`. */
export function answerOf(peers: readonly string[], intervalSeconds = 1_800): Uint8Array {
  const compact = concat(...peers.map(compactOf));
  return concat(utf8(`d8:intervali${intervalSeconds}e5:peers${compact.length}:`), compact, utf8('e'));
}

export function compactOf(peer: string): Uint8Array {
  const [host = '', port] = peer.split(':');
  return Uint8Array.of(...host.split('.').map(Number), Number(port) >> 8, Number(port) & 255);
}

/** Trackers by the beginning of their URL. */
export class FakeHttp implements TrackerHttp {
  readonly heard: Heard[] = [];
  /** Requests that are under way, and the most there were at once. */
  open = 0;
  most = 0;
  /** Bytes of bodies that were asked for. */
  pulled = 0;
  readonly #answer: (heard: Heard) => HttpAnswer;

  constructor(answer: (heard: Heard) => HttpAnswer) {
    this.#answer = answer;
  }

  request({ url, signal }: { readonly url: string; readonly signal: AbortSignal }) {
    const [tracker = '', query = ''] = url.split('?');
    const fields = new Map(query.split('&').map((field) => field.split('=') as [string, string]));
    const heard: Heard = {
      tracker,
      infohash: (fields.get('info_hash') ?? '').replaceAll('%', ''),
      port: Number(fields.get('port')),
      left: Number(fields.get('left')),
      event: fields.get('event') ?? '',
      wanted: Number(fields.get('numwant')),
    };
    this.heard.push(heard);
    this.most = Math.max(this.most, ++this.open);
    signal.addEventListener('abort', () => this.open--, { once: true });
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new EngineError('ERR_ABORTED', 'local', 'aborted')));
    });
    aborted.catch(() => undefined);
    const answer = this.#answer(heard);
    if (answer === 'silence') return aborted;
    if (answer === 'unreachable') return Promise.reject(new Error('nobody listens there'));
    const { status = 200, body } = answer;
    return Promise.resolve({ status, body: this.#pieces(body, aborted) });
  }

  async *#pieces(body: (HttpAnswer & object)['body'], aborted: Promise<never>): AsyncIterable<Uint8Array> {
    if (body === 'stalls') {
      yield utf8('d8:inter');
      await aborted;
    } else if (body === 'endless') {
      for (;;) {
        this.pulled += 16_384;
        yield new Uint8Array(16_384).fill(0x6c);
      }
    } else yield* body instanceof Uint8Array ? [body] : body;
  }
}

/** What a tracker over UDP sends back for one datagram. */
export type UdpAnswer = (request: Uint8Array, heard: Heard | undefined) => readonly Uint8Array[];

/** A good one. */
export function goodUdp(peers: readonly string[], intervalSeconds = 1_800): UdpAnswer {
  return (request, heard) => {
    const transaction = request.subarray(12, 16);
    if (heard === undefined) return [concat(Uint8Array.of(0, 0, 0, 0), transaction, utf8('connect!'))];
    const numbers = new Uint8Array(12);
    new DataView(numbers.buffer).setUint32(0, intervalSeconds);
    return [concat(Uint8Array.of(0, 0, 0, 1), transaction, numbers, ...peers.map(compactOf))];
  };
}

/** Begins a tracker on port 6969 of a host. */
export function udpTracker(
  host: Datagrams,
  name: string,
  answer: UdpAnswer,
): { readonly heard: Heard[]; close(): void } {
  const heard: Heard[] = [];
  const events = ['', 'completed', 'started', 'stopped'];
  let socket: DatagramSocket | undefined;
  host.open(
    { port: 6969 },
    {
      onMessage: (bytes, from) => {
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        const one =
          view.getUint32(8) === 0
            ? undefined
            : {
                tracker: name,
                infohash: toHex(bytes.subarray(16, 36)),
                port: view.getUint16(96),
                left: view.getUint32(68),
                event: events[view.getUint32(80)] ?? '?',
                wanted: view.getInt32(92),
              };
        if (one !== undefined) heard.push(one);
        for (const reply of answer(bytes, one)) socket?.send(reply, from);
      },
      onFailed: () => undefined,
    },
    (opened) => (socket = opened),
    () => undefined,
  );
  return { heard, close: () => socket?.close() };
}
