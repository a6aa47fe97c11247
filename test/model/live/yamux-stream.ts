/** A yamux stream of a live session, fed with frames; what is queued waits while the connection is congested. */
import type { YamuxStreamEvent } from '../../../src/machines/yamux-stream.js';
import type { MuxedStream } from '../../../src/actors/stream/muxed-stream.js';
import type { TraceSink } from '../../../src/ports.js';
import { frame, syn, YamuxWithPeer } from '../../support/yamux-peer.js';
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

/** Frames of the peer, any of which acknowledges the stream that we opened. */
const PEERS_WORD = ['wire.fin', 'window.opened'];
/** What is done with a stream, any of which accepts the one that the peer opened. */
const OUR_WORD = ['window.exhausted', 'local.close', 'local.abandon'];

function hasBefore({ steps }: ModelPath, types: readonly string[]): boolean {
  return steps.some(({ event }) => types.includes(event.type));
}

export const yamuxStreamDriver: LiveDriver = {
  model: modelOf('yamuxStream'),
  reach: {
    can: ({ type }, place) => {
      const { state, context, path } = place;
      const isWriting = !state.startsWith('halfClosedLocal');
      const isDraining = state.endsWith('.draining');
      switch (type as YamuxStreamEvent['type']) {
        case 'wire.ack':
          return path.input === 'outbound' && context['acknowledged'] === false && !hasBefore(path, PEERS_WORD);
        case 'local.accept':
          return path.input === 'inbound' && context['acknowledged'] === false && !hasBefore(path, OUR_WORD);
        // What is violated is the window: one that is used up can be widened by all that a frame can say.
        case 'wire.violation':
          return isWindowOpen(place);
        case 'wire.fin':
        case 'wire.reset':
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
  // Whatever is done with a stream accepts it, and whatever the peer sends on it is its acknowledgement.
  incidental: ['local.accept', 'wire.ack'],
  begin: (path, trace) => new Stream(path, trace),
};

class Stream implements LiveRun {
  readonly #peer: YamuxWithPeer;
  readonly #stream: MuxedStream;
  #windowBytes = WINDOW_BYTES;
  #queuedBytes = 0;

  constructor({ input }: ModelPath, trace: TraceSink) {
    const limits = { yamuxKeepAliveMs: NEVER_MS, yamuxInitialWindowBytes: WINDOW_BYTES };
    this.#peer = new YamuxWithPeer('listener', { accept: false, trace, limits });
    const { end } = this.#peer;
    if (input === 'inbound') this.#peer.hear(syn(1));
    const stream = input === 'inbound' ? end.offered[0] : end.openMuxed();
    if (stream === undefined) throw new Error('no stream was offered');
    this.#stream = stream;
  }

  play(steps: readonly ModelStep[], at: number): number {
    const step = steps[at];
    const event = step?.event as YamuxStreamEvent;
    if (isDeadline(event.type)) return fireDeadline(this.#peer.clock);
    const isDraining = step?.from.endsWith('.draining') === true;
    const stream = this.#stream;
    switch (event.type) {
      case 'wire.ack':
        this.#hear(['ACK'], 0);
        break;
      case 'wire.fin':
        this.#hear(['FIN'], 0);
        break;
      case 'wire.reset':
        this.#hear(['RST'], 0);
        break;
      case 'wire.violation':
        this.#hear([], 0xffff_ffff);
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
        this.#post(() => stream.reset(event.code));
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

  #hear(flags: readonly ('ACK' | 'FIN' | 'RST')[], delta: number): void {
    this.#peer.hear(frame('windowUpdate', flags, this.#stream.id, delta));
  }

  /** Opens the window; what waits goes out only when the pump is let. */
  #open(bytes: number): void {
    if (this.#queuedBytes > 0) this.#congest();
    this.#hear([], bytes);
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
