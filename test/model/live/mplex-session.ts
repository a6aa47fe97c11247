/** An mplex session, fed with messages; with a stream that is open, or with none. */
import type { MplexSessionEvent } from '../../../src/machines/mplex-session.js';
import type { MuxedStream } from '../../../src/actors/stream/muxed-stream.js';
import type { TraceSink } from '../../../src/ports.js';
import { MplexWithPeer } from '../../support/mplex-peer.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import type { LiveDriver, LiveRun } from './driver.js';

const NO_STREAM = 'no stream';
const STREAM = 'a stream is open';
const { inputs, ...model } = modelOf('mplexSession');

export const mplexSessionDriver: LiveDriver = {
  model: { ...model, inputs: { [STREAM]: inputs['usual'], [NO_STREAM]: inputs['usual'] } },
  reach: {
    can: (event, { state, path }) => {
      const { type, idle } = event as MplexSessionEvent & { readonly idle?: boolean };
      if (idle !== undefined && idle !== (path.input === NO_STREAM)) return false;
      if (type === 'streams.idle') return path.input === STREAM && state === 'live.goingAway';
      return /^(?:wire|local|transport)\./.test(type);
    },
  },
  begin: (path, trace) => new Session(path, trace),
};

class Session implements LiveRun {
  readonly #peer: MplexWithPeer;
  readonly #stream: MuxedStream | undefined;

  constructor(path: ModelPath, trace: TraceSink) {
    this.#peer = new MplexWithPeer('listener', { accept: false, trace });
    this.#stream = path.input === STREAM ? this.#peer.end.openMuxed() : undefined;
  }

  play(steps: readonly ModelStep[], at: number): number {
    const event = steps[at]?.event as MplexSessionEvent;
    const { end, muxer } = this.#peer;
    const { turns } = end.environment;
    switch (event.type) {
      case 'wire.violation':
        // A flag that there is not.
        this.#peer.hear(Uint8Array.of(7, 0));
        break;
      case 'streams.idle':
        turns.post(() => this.#stream?.reset());
        break;
      case 'local.goAway':
        turns.post(() => muxer.goAway());
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
