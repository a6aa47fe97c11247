/** The question for a list of protocols, fed with lines and lists of both forms. */
import { MultistreamAsker } from '../../../src/actors/connection/multistream-asker.js';
import { Environment } from '../../../src/actors/environment.js';
import type { TraceSink } from '../../../src/ports.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import {
  encodeMultistreamList,
  encodeMultistreamMessage,
  MULTISTREAM_ID,
  MULTISTREAM_LS,
  MULTISTREAM_NA,
} from '../../../src/wire/multistream.js';
import { concat, hex } from '../../support/decoding.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, type LiveDriver, type LiveRun } from './driver.js';

export const multistreamAskerDriver: LiveDriver = {
  model: modelOf('multistreamAsker'),
  reach: {
    can: ({ type }, { path }) => {
      if (type === 'stranger.event') return false;
      // Where an old list is due, every line is of it.
      return path.steps.at(-1)?.to !== 'awaitingOldList' || !/^wire\.(?:header|na|ls)$/.test(type);
    },
  },
  begin: (_path, trace) => new Asking(trace),
};

class Asking implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #asker: MultistreamAsker;

  constructor(trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: {} as never,
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    this.#asker = new MultistreamAsker({
      environment: this.#environment,
      address: 'conn:1/yamux/1/multistream',
      connection: 'conn:1',
      onListed: () => undefined,
      onFailed: () => undefined,
    });
    this.#environment.turns.post(() => this.#asker.start());
  }

  play(steps: readonly ModelStep[], at: number): number {
    const step = steps[at];
    if (step === undefined) return 0;
    if (isDeadline(step.event.type)) return fireDeadline(this.#clock);
    const isEnd = step.event.type === 'transport.ended';
    const chunks = isEnd ? [] : [bytesOf(step)];
    const { turns } = this.#environment;
    turns.post(() =>
      this.#asker.receive(
        this.#environment.message({
          direction: 'inbound',
          layer: 'yamux',
          connection: 'conn:1',
          chunks,
          event: isEnd ? { type: 'transport.ended' } : undefined,
        }),
      ),
    );
    return 1;
  }

  close() {
    this.#environment.turns.post(() => this.#asker.dispose());
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}

function bytesOf({ event, from }: ModelStep): Uint8Array {
  switch (event.type) {
    case 'wire.header':
      return encodeMultistreamMessage(MULTISTREAM_ID);
    case 'wire.na':
      return encodeMultistreamMessage(MULTISTREAM_NA);
    case 'wire.ls':
      return encodeMultistreamMessage(MULTISTREAM_LS);
    case 'wire.list':
      if (from === 'awaitingHeader') return encodeMultistreamMessage('/a');
      // Two varints, one protocol of three bytes with its prefix.
      if (from === 'awaitingOldList') return concat(hex('03 01 01 0a'), encodeMultistreamMessage('/a'));
      return encodeMultistreamList(['/a', '/b']);
    default:
      return hex('ffff7f');
  }
}
