/** A SPDY stream of a live session, fed with frames; what is queued waits while the connection is congested. */
import type { SpdyStreamEvent } from '../../../src/machines/spdy-stream.js';
import type { MuxedStream } from '../../../src/actors/stream/muxed-stream.js';
import type { TraceSink } from '../../../src/ports.js';
import { encodeSpdySettings, SPDY_MAX_UINT31, SPDY_SETTING } from '../../../src/wire/spdy.js';
import { fin, rst, SpdyWithPeer, widen } from '../../support/spdy-peer.js';
import type { ModelPath, ModelStep, Place } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, type LiveDriver, type LiveRun } from './driver.js';

/** What the peer may be sent at first, in bytes. */
const WINDOW_BYTES = 1000;
/** More than any window of these runs holds, in milliseconds. */
const NEVER_MS = 1_000_000_000;

/** Whether the send window is open at the end of a path: a state that drains does not say. */
function isWindowOpen({ path }: Place): boolean {
  const last = path.steps.findLast(({ event }) => event.type.startsWith('window.'));
  return last?.event.type !== 'window.exhausted';
}

/** What is done with a stream, any of which accepts the one that the peer opened. */
const OUR_WORD = ['window.exhausted', 'local.close', 'local.abandon'];

function hasBefore({ steps }: ModelPath, types: readonly string[]): boolean {
  return steps.some(({ event }) => types.includes(event.type));
}

export const spdyStreamDriver: LiveDriver = {
  model: modelOf('spdyStream'),
  reach: {
    can: ({ type }, place) => {
      const { state, context, path } = place;
      const isWriting = !state.startsWith('halfClosedLocal');
      const isDraining = state.endsWith('.draining');
      switch (type as SpdyStreamEvent['type']) {
        case 'local.accept':
          return path.input === 'inbound' && context['replied'] === false && !hasBefore(path, OUR_WORD);
        // What is violated is the window: one that is used up can be widened by all that a frame can say.
        case 'wire.violation':
          return isWindowOpen(place);
        case 'wire.fin':
        case 'wire.reply':
        case 'wire.reset':
        case 'wire.forgotten':
        case 'local.reset':
        case 'session.ended':
          return true;
        case 'window.exhausted':
          return isWriting && isWindowOpen(place);
        case 'window.opened':
          return isWriting && !isWindowOpen(place);
        case 'queue.drained':
          return isDraining && isWindowOpen(place);
        case 'local.close':
          return isWriting && !isDraining;
        case 'local.abandon':
          return state === 'halfClosedLocal.receiving';
        default:
          return isDeadline(type);
      }
    },
    tag: (place) => String(isWindowOpen(place)),
  },
  // Whatever is done with a stream accepts it.
  incidental: ['local.accept'],
  begin: (path, trace) => new Stream(path, trace),
};

class Stream implements LiveRun {
  readonly #peer: SpdyWithPeer;
  readonly #stream: MuxedStream;
  #windowBytes = WINDOW_BYTES;
  #queuedBytes = 0;

  constructor({ input }: ModelPath, trace: TraceSink) {
    this.#peer = new SpdyWithPeer('listener', { accept: false, trace, limits: { spdyKeepAliveMs: NEVER_MS } });
    const { end } = this.#peer;
    this.#peer.hear(encodeSpdySettings([[SPDY_SETTING.initialWindowSize, WINDOW_BYTES]]));
    if (input === 'inbound') this.#peer.hear(this.#peer.make.syn(1));
    const stream = input === 'inbound' ? end.offered[0] : end.openMuxed();
    if (stream === undefined) throw new Error('no stream was offered');
    this.#stream = stream;
  }

  play(steps: readonly ModelStep[], at: number): number {
    const step = steps[at];
    const event = step?.event as SpdyStreamEvent;
    if (isDeadline(event.type)) return fireDeadline(this.#peer.clock);
    const isDraining = step?.from.endsWith('.draining') === true;
    const stream = this.#stream;
    switch (event.type) {
      case 'wire.reply':
        this.#peer.hear(this.#peer.make.reply(stream.id));
        break;
      case 'wire.fin':
        this.#peer.hear(fin(stream.id));
        break;
      case 'wire.reset':
        this.#peer.hear(rst(stream.id, 5));
        break;
      case 'wire.forgotten':
        this.#peer.hear(rst(stream.id, 2));
        break;
      case 'wire.violation':
        this.#peer.hear(widen(stream.id, SPDY_MAX_UINT31));
        break;
      case 'window.exhausted':
        if (isDraining) this.#pump();
        else this.#send(this.#windowBytes);
        break;
      case 'window.opened':
        this.#open(isDraining && isExhaustedNext(steps, at) ? this.#queuedBytes - 1 : WINDOW_BYTES);
        break;
      case 'queue.drained':
        this.#pump();
        break;
      case 'local.accept':
        this.#post(() => stream.inbound$.subscribe());
        break;
      case 'local.close':
        if (event.queued) this.#queue(isExhaustedNext(steps, at) ? this.#windowBytes + 10 : 10);
        this.#post(() => stream.closeWrite());
        break;
      case 'local.abandon':
        this.#post(() => stream.closeRead());
        break;
      case 'local.reset':
        this.#post(() => stream.reset(event.status));
        break;
      case 'session.ended':
        this.#post(() => this.#peer.muxer.dispose());
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

  /** Opens the window; what waits goes out only when the pump is let. */
  #open(bytes: number): void {
    if (this.#queuedBytes > 0) this.#congest();
    this.#peer.hear(widen(this.#stream.id, bytes));
    this.#windowBytes += bytes;
  }

  #queue(bytes: number): void {
    this.#congest();
    this.#send(bytes);
  }

  /** Hands over bytes; what the window holds goes out at once unless the connection is congested. */
  #send(bytes: number): void {
    const { environment } = this.#peer.end;
    const chunks = [new Uint8Array(bytes)];
    this.#post(() =>
      this.#stream.send(
        environment.message({ direction: 'outbound', layer: 'protocol', connection: 'conn:1', chunks }),
      ),
    );
    const sent = bytes - (this.#stream.queuedBytes - this.#queuedBytes);
    this.#windowBytes -= sent;
    this.#queuedBytes = this.#stream.queuedBytes;
  }

  #congest(): void {
    this.#peer.end.tell({ type: 'transport.congested' });
  }

  #pump(): void {
    this.#peer.end.tell({ type: 'transport.drained' });
    this.#windowBytes -= this.#queuedBytes - this.#stream.queuedBytes;
    this.#queuedBytes = this.#stream.queuedBytes;
  }

  #post(work: () => unknown): void {
    this.#peer.end.environment.turns.post(() => void work());
  }
}

/** Whether the next edge of the window, on from `at`, is that it is used up. */
function isExhaustedNext(steps: readonly ModelStep[], at: number): boolean {
  return steps.slice(at + 1).find(({ event }) => event.type.startsWith('window.'))?.event.type === 'window.exhausted';
}
