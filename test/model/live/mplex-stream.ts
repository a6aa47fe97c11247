/** An mplex stream of a live session, fed with messages; what is queued waits while the connection is congested. */
import type { MplexStreamEvent } from '../../../src/machines/mplex-stream.js';
import type { MuxedStream } from '../../../src/actors/stream/muxed-stream.js';
import type { TraceSink } from '../../../src/ports.js';
import { mplexStreamId } from '../../../src/wire/mplex.js';
import { message, MplexWithPeer, newStream } from '../../support/mplex-peer.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, type LiveDriver, type LiveRun } from './driver.js';

/** What may wait for the reader. */
const QUEUE_BYTES = 1000;

export const mplexStreamDriver: LiveDriver = {
  model: modelOf('mplexStream'),
  reach: {
    can: ({ type }, { state }) => {
      switch (type as MplexStreamEvent['type']) {
        case 'wire.message':
          return state.startsWith('halfClosedRemote');
        case 'inbox.overflowed':
          // Nothing more may come behind the peer's close, and nothing waits when nobody reads.
          return !state.startsWith('halfClosedRemote') && !state.endsWith('awaitingClose');
        case 'wire.close':
        case 'wire.reset':
        case 'local.reset':
        case 'session.ended':
          return true;
        case 'queue.drained':
          return state.endsWith('.draining');
        case 'local.close':
          return state.endsWith('.writing');
        case 'local.abandon':
          return state === 'halfClosedLocal.receiving';
        default:
          return isDeadline(type);
      }
    },
  },
  begin: (path, trace) => new Stream(path, trace),
};

class Stream implements LiveRun {
  readonly #peer: MplexWithPeer;
  readonly #stream: MuxedStream;

  constructor({ input }: ModelPath, trace: TraceSink) {
    this.#peer = new MplexWithPeer('listener', {
      accept: false,
      trace,
      limits: { mplexStreamQueueBytes: QUEUE_BYTES },
    });
    const { end } = this.#peer;
    if (input === 'inbound') this.#peer.hear(newStream(5));
    const stream = input === 'inbound' ? end.offered[0] : end.openMuxed();
    if (stream === undefined) throw new Error('no stream was offered');
    this.#stream = stream;
  }

  play(steps: readonly ModelStep[], at: number): number {
    const event = steps[at]?.event as MplexStreamEvent;
    if (isDeadline(event.type)) return fireDeadline(this.#peer.clock);
    const stream = this.#stream;
    switch (event.type) {
      case 'wire.message':
        this.#hear('message', 1);
        break;
      case 'wire.close':
        this.#hear('close');
        break;
      case 'wire.reset':
        this.#hear('reset');
        break;
      case 'inbox.overflowed':
        this.#hear('message', QUEUE_BYTES + 1);
        break;
      case 'queue.drained':
        this.#peer.end.tell({ type: 'transport.drained' });
        break;
      case 'local.close':
        if (event.queued) this.#queue();
        this.#post(() => stream.closeWrite());
        break;
      case 'local.abandon':
        this.#post(() => stream.closeRead());
        break;
      case 'local.reset':
        this.#post(() => stream.reset());
        break;
      case 'session.ended':
        this.#peer.end.tell({ type: 'transport.failed' });
        break;
      default:
        event satisfies never;
    }
    return 1;
  }

  close() {
    const { actors, timers } = this.#peer.close();
    return { actors, timers, broken: this.#peer.end.broken.map(({ code }) => code) };
  }

  #hear(what: 'message' | 'close' | 'reset', size = 0): void {
    const side = this.#stream.direction === 'inbound' ? 'Initiator' : 'Receiver';
    this.#peer.hear(message(`${what}${side}`, mplexStreamId(this.#stream.id), new Uint8Array(size)));
  }

  #queue(): void {
    const { environment } = this.#peer.end;
    this.#peer.end.tell({ type: 'transport.congested' });
    this.#post(() =>
      this.#stream.send(
        environment.message({
          direction: 'outbound',
          layer: 'protocol',
          connection: 'conn:1',
          chunks: [new Uint8Array(10)],
        }),
      ),
    );
  }

  #post(work: () => unknown): void {
    this.#peer.end.environment.turns.post(() => void work());
  }
}
