/** All ports of a node behind one recorder. */
import type { BlockStore, Clock, DataStore, RandomSource, Resolver, Transport } from '../ports.js';
import { recordingClock } from '../trace/recording/recording-clock.js';
import { recordingRandom } from '../trace/recording/recording-random.js';
import { recordingStores } from '../trace/recording/recording-stores.js';
import { recordingTransport } from '../trace/recording/recording-transport.js';
import type { Recorder } from '../trace/recording/recorder.js';

/** The ports through which inputs come; ciphers are not among them, for the same arguments give the same answer. */
export interface InputPorts {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly transports: readonly Transport[];
  readonly blocks: BlockStore;
  readonly data: DataStore;
  readonly resolver?: Resolver | undefined;
}

/** Wraps each of `ports`; `wallOriginMs` is the time of day at the clock's zero, in milliseconds since 1970. */
export function recordPorts(recorder: Recorder, ports: InputPorts & { readonly wallOriginMs: number }): InputPorts {
  return {
    clock: recordingClock(recorder, ports.clock, ports.wallOriginMs),
    random: recordingRandom(recorder, ports.random),
    transports: [recordingTransport(recorder, ports.transports)],
    ...recordingStores(recorder, ports),
  };
}
