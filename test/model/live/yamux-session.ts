/** A yamux session, fed with frames; with a stream that is open, or with none. */
import type { YamuxSessionEvent } from '../../../src/machines/yamux-session.js';
import type { MuxedStream } from '../../../src/actors/stream/muxed-stream.js';
import type { TraceSink } from '../../../src/ports.js';
import { hex } from '../../support/decoding.js';
import { frame, YamuxWithPeer } from '../../support/yamux-peer.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, type LiveDriver, type LiveRun } from './driver.js';

const NO_STREAM = 'no stream';
const STREAM = 'a stream is open';
const { inputs, ...model } = modelOf('yamuxSession');

export const yamuxSessionDriver: LiveDriver = {
  model: { ...model, inputs: { [STREAM]: inputs['usual'], [NO_STREAM]: inputs['usual'] } },
  reach: {
    can: (event, { state, path }) => {
      const { type, idle } = event as YamuxSessionEvent & { readonly idle?: boolean };
      const isAwaited = state.includes('keepAlive.awaitingPeer');
      // The peer's last stream and its farewell may come in one chunk.
      const isLast = type === 'wire.goAway' && idle && state.includes('localGoAway') && !isAwaited;
      if (isLast) return true;
      if (idle !== undefined && idle !== (path.input === NO_STREAM)) return false;
      // Whatever the peer sends is a sign of life first.
      if (type.startsWith('wire.')) return !isAwaited;
      // The first ping of a session is out as it begins.
      if (type === 'peer.heard') return isAwaited || path.steps.length === 0;
      if (type === 'streams.idle') return path.input === STREAM && !state.includes('streams.open');
      return type.startsWith('local.') || type.startsWith('transport.') || isDeadline(type);
    },
  },
  incidental: ['peer.heard'],
  begin: (path, trace) => new Session(path, trace),
};

class Session implements LiveRun {
  readonly #peer: YamuxWithPeer;
  readonly #stream: MuxedStream | undefined;

  constructor(path: ModelPath, trace: TraceSink) {
    this.#peer = new YamuxWithPeer('listener', { accept: false, trace });
    this.#stream = path.input === STREAM ? this.#peer.end.openMuxed() : undefined;
  }

  play(steps: readonly ModelStep[], at: number): number {
    const event = steps[at]?.event as YamuxSessionEvent;
    const { end, muxer, clock } = this.#peer;
    const { turns } = end.environment;
    if (isDeadline(event.type)) return fireDeadline(clock);
    switch (event.type) {
      case 'wire.goAway':
        this.#peer.hear(
          ...(this.#stream !== undefined && event.idle ? [frame('windowUpdate', ['RST'], this.#stream.id, 0)] : []),
          frame('goAway', [], 0, event.code),
        );
        break;
      case 'wire.violation':
        // A version that there is not.
        this.#peer.hear(hex('01 00 0000 00000000 00000000'));
        break;
      case 'peer.heard':
        this.#peer.hear(frame('ping', ['SYN'], 0, 1));
        break;
      case 'streams.idle':
        turns.post(() => this.#stream?.reset());
        break;
      case 'local.goAway':
        turns.post(() => muxer.goAway(event.code));
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
