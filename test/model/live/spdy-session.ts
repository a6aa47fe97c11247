/** A SPDY session, fed with frames; with a stream that is open, or with none. */
import type { SpdySessionEvent } from '../../../src/machines/spdy-session.js';
import type { MuxedStream } from '../../../src/actors/stream/muxed-stream.js';
import type { TraceSink } from '../../../src/ports.js';
import { encodeSpdySettings } from '../../../src/wire/spdy.js';
import { hex } from '../../support/decoding.js';
import { goAway, ping, rst, SpdyWithPeer } from '../../support/spdy-peer.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, type LiveDriver, type LiveRun } from './driver.js';

const NO_STREAM = 'no stream';
const STREAM = 'a stream is open';
const { inputs, ...model } = modelOf('spdySession');

export const spdySessionDriver: LiveDriver = {
  model: { ...model, inputs: { [STREAM]: inputs['usual'], [NO_STREAM]: inputs['usual'] } },
  reach: {
    can: (event, { state, path }) => {
      const { type, idle } = event as SpdySessionEvent & { readonly idle?: boolean };
      const isAwaited = state.includes('keepAlive.awaitingPeer');
      // The peer's last stream and its farewell may come in one chunk.
      const isLast = type === 'wire.goAway' && idle && state.includes('localGoAway') && !isAwaited;
      if (isLast) return true;
      if (idle !== undefined && idle !== (path.input === NO_STREAM)) return false;
      // Whatever the peer sends is a sign of life first.
      if (type.startsWith('wire.')) return !isAwaited;
      // Nobody is asked for a sign of life before the first keep-alive is due.
      if (type === 'peer.heard') return isAwaited;
      if (type === 'streams.idle') return path.input === STREAM && !state.includes('streams.open');
      return type.startsWith('local.') || type.startsWith('transport.') || isDeadline(type);
    },
  },
  incidental: ['peer.heard'],
  begin: (path, trace) => new Session(path, trace),
};

class Session implements LiveRun {
  readonly #peer: SpdyWithPeer;
  readonly #stream: MuxedStream | undefined;

  constructor(path: ModelPath, trace: TraceSink) {
    this.#peer = new SpdyWithPeer('listener', { accept: false, trace });
    this.#stream = path.input === STREAM ? this.#peer.end.openMuxed() : undefined;
  }

  play(steps: readonly ModelStep[], at: number): number {
    const event = steps[at]?.event as SpdySessionEvent;
    const { end, muxer, clock } = this.#peer;
    const { turns } = end.environment;
    if (isDeadline(event.type)) return fireDeadline(clock);
    switch (event.type) {
      case 'wire.goAway':
        this.#peer.hear(
          ...(this.#stream !== undefined && event.idle ? [rst(this.#stream.id, 5)] : []),
          goAway(this.#stream?.id ?? 0, event.status),
        );
        break;
      case 'wire.settings':
        this.#peer.hear(encodeSpdySettings([]));
        break;
      case 'wire.violation':
        // A version that there is not.
        this.#peer.hear(hex('8002 0006 00000004 00000001'));
        break;
      case 'peer.heard':
        this.#peer.hear(ping(1));
        break;
      case 'streams.idle':
        turns.post(() => this.#stream?.reset());
        break;
      case 'local.goAway':
        turns.post(() => muxer.goAway(event.status));
        break;
      case 'local.dispose':
        turns.post(() => muxer.dispose());
        break;
      case 'transport.ended':
      case 'transport.failed':
        end.tell({ type: event.type });
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
}
