/** The only stream of a connection without a muxer; what is queued waits while the connection is congested. */
import { noMuxer } from '../../../src/actors/connection/none/muxer.js';
import type { MuxedStream } from '../../../src/actors/stream/muxed-stream.js';
import type { SoleStreamEvent } from '../../../src/machines/sole-stream.js';
import type { TraceSink } from '../../../src/ports.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { MuxerEnd } from '../../support/muxer-pair.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, type LiveDriver, type LiveRun } from './driver.js';

export const soleStreamDriver: LiveDriver = {
  model: modelOf('soleStream'),
  reach: {
    can: ({ type }, { state }) => {
      switch (type as SoleStreamEvent['type']) {
        case 'local.open':
          return state === 'unused';
        case 'local.close':
          return state.endsWith('.writing');
        case 'local.abandon':
          return state === 'halfClosedLocal.receiving';
        case 'local.reset':
          return state !== 'unused';
        case 'queue.drained':
          return state.endsWith('.draining');
        case 'transport.ended':
          return !state.startsWith('halfClosedRemote');
        case 'transport.failed':
        case 'session.ended':
          return true;
        default:
          return isDeadline(type);
      }
    },
  },
  begin: (path, trace) => new Stream(path, trace),
};

class Stream implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #end: MuxerEnd;
  #stream: MuxedStream | undefined;

  constructor(_: ModelPath, trace: TraceSink) {
    this.#end = new MuxerEnd(noMuxer, this.#clock, 'dialer', { trace, pipeBytes: Number.MAX_SAFE_INTEGER });
    this.#post(() => this.#end.muxer.start());
  }

  play(steps: readonly ModelStep[], at: number): number {
    const event = steps[at]?.event as SoleStreamEvent;
    if (isDeadline(event.type)) return fireDeadline(this.#clock);
    switch (event.type) {
      case 'local.open':
        this.#stream = this.#end.openMuxed();
        break;
      case 'local.close':
        if (event.queued) this.#queue();
        this.#post(() => this.#stream?.closeWrite());
        break;
      case 'local.abandon':
        this.#post(() => this.#stream?.closeRead());
        break;
      case 'local.reset':
        this.#post(() => this.#stream?.reset());
        break;
      case 'queue.drained':
        this.#end.tell({ type: 'transport.drained' });
        break;
      case 'transport.ended':
      case 'transport.failed':
        this.#end.tell({ type: event.type });
        break;
      case 'session.ended':
        this.#post(() => this.#end.muxer.dispose());
        break;
      default:
        event satisfies never;
    }
    return 1;
  }

  close() {
    this.#post(() => this.#end.muxer.dispose());
    const broken = this.#end.broken.map(({ code }) => code);
    return { actors: this.#end.environment.liveActors, timers: this.#clock.pendingTimers, broken };
  }

  #queue(): void {
    const { environment } = this.#end;
    const chunks = [new Uint8Array(10)];
    this.#end.tell({ type: 'transport.congested' });
    this.#post(() =>
      this.#stream?.send(
        environment.message({ direction: 'outbound', layer: 'protocol', connection: 'conn:1', chunks }),
      ),
    );
  }

  #post(work: () => unknown): void {
    this.#end.environment.turns.post(() => void work());
  }
}
