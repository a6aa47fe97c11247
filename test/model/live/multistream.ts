/** multistream-select, both sides, fed with lines. */
import {
  createMultistreamHandler,
  type MultistreamOptions,
} from '../../../src/actors/connection/multistream-handler.js';
import { Environment } from '../../../src/actors/environment.js';
import type { MultistreamEvent } from '../../../src/machines/multistream.js';
import type { TraceSink } from '../../../src/ports.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import {
  encodeMultistreamMessage,
  MULTISTREAM_ID,
  MULTISTREAM_LS,
  MULTISTREAM_NA,
} from '../../../src/wire/multistream.js';
import { concat, hex } from '../../support/decoding.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

/** A length that no message may have. */
const INVALID = hex('ffff7f');
/** The first byte of a message that is still on its way. */
const SURPLUS = hex('20');

export const multistreamDialerDriver: LiveDriver = {
  model: modelOf('multistreamDialer'),
  // Only a listener asks whether bytes came behind a proposal.
  reach: { can: ({ type }) => type !== 'wire.surplus' && type !== 'stranger.event' },
  begin: (_path, trace) => new Negotiating('dialer', ['/a', '/b'], trace),
};

export const multistreamLazyDialerDriver: LiveDriver = {
  model: modelOf('multistreamLazyDialer'),
  // Only a listener asks whether bytes came behind a proposal.
  reach: { can: ({ type }) => type !== 'wire.surplus' && type !== 'stranger.event' },
  begin: (_path, trace) => new Negotiating('dialer', ['/a'], trace, { onConfirmed: () => undefined }),
};

export const multistreamListenerDriver: LiveDriver = {
  model: modelOf('multistreamListener'),
  reach: {
    can: ({ type }, { path }) => {
      if (type !== 'wire.surplus') return type !== 'stranger.event';
      const last = path.steps.at(-1);
      return last?.event.type === 'wire.protocol' && last.from === last.to;
    },
  },
  begin: (_path, trace) => new Negotiating('listener', ['/a'], trace),
};

class Negotiating implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #handler;

  constructor(
    role: 'dialer' | 'listener',
    protocols: readonly string[],
    trace: TraceSink,
    lazy?: MultistreamOptions['lazy'],
  ) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: {} as never,
      ciphers: {} as never,
      limits: { multistreamProposals: 2, multistreamLists: 2 },
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    this.#handler = createMultistreamHandler({
      environment: this.#environment,
      address: 'conn:1/multistream',
      connection: 'conn:1',
      role,
      protocols,
      ...(lazy === undefined ? {} : { lazy }),
      onSelected: () => undefined,
      onFailed: () => undefined,
    });
    this.#environment.turns.post(() => this.#handler.start());
  }

  play(steps: readonly ModelStep[], at: number): number {
    const step = steps[at];
    if (step === undefined) return 0;
    if (step.event.type === 'local.leave') {
      this.#environment.turns.post(() => this.#handler.leave());
      return 1;
    }
    const event = step.event as MultistreamEvent;
    if (isDeadline(event.type)) return fireDeadline(this.#clock);
    if (event.type === 'transport.ended') {
      this.#deliver([], event.type);
      return 1;
    }
    const hasSurplus = typeAt(steps, at + 1) === 'wire.surplus';
    this.#deliver([concat(bytesOf(event), hasSurplus ? SURPLUS : new Uint8Array(0))]);
    return hasSurplus ? 2 : 1;
  }

  close() {
    this.#environment.turns.post(() => this.#handler.dispose());
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }

  #deliver(chunks: readonly Uint8Array[], type?: 'transport.ended'): void {
    const { turns } = this.#environment;
    const event = type === undefined ? undefined : { type };
    turns.post(() =>
      this.#handler.receive(
        this.#environment.message({ direction: 'inbound', layer: 'transport', connection: 'conn:1', chunks, event }),
      ),
    );
  }
}

function bytesOf(event: MultistreamEvent): Uint8Array {
  switch (event.type) {
    case 'wire.header':
      return encodeMultistreamMessage(MULTISTREAM_ID);
    case 'wire.protocol':
      return encodeMultistreamMessage(event.protocol);
    case 'wire.na':
      return encodeMultistreamMessage(MULTISTREAM_NA);
    case 'wire.ls':
      return encodeMultistreamMessage(MULTISTREAM_LS);
    case 'wire.invalid':
      return INVALID;
    default:
      throw new Error(`${event.type} is no line`);
  }
}
