/** All ports of a node behind one recorder. */
import type {
  BlockStore,
  Clock,
  Datagrams,
  DataStore,
  HttpClient,
  RandomSource,
  Resolver,
  Transport,
} from '../ports.js';
import { recordingClock } from '../trace/recording/recording-clock.js';
import { recordingDatagrams } from '../trace/recording/recording-datagrams.js';
import { recordingHttp } from '../trace/recording/recording-http.js';
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
  readonly http?: HttpClient | undefined;
  readonly datagrams?: Datagrams | undefined;
}

/** The same ports behind a recorder; those that are not there are not there. */
export type RecordedPorts = Omit<InputPorts, 'http' | 'datagrams'> & {
  readonly http?: HttpClient;
  readonly datagrams?: Datagrams;
};

/** Wraps each of `ports`; `wallOriginMs` is the time of day at the clock's zero, in milliseconds since 1970. */
export function recordPorts(recorder: Recorder, ports: InputPorts & { readonly wallOriginMs: number }): RecordedPorts {
  const { http, datagrams } = ports;
  return {
    clock: recordingClock(recorder, ports.clock, ports.wallOriginMs),
    random: recordingRandom(recorder, ports.random),
    transports: [recordingTransport(recorder, ports.transports)],
    ...recordingStores(recorder, ports),
    ...(http === undefined ? {} : { http: recordingHttp(recorder, http) }),
    ...(datagrams === undefined ? {} : { datagrams: recordingDatagrams(recorder, datagrams) }),
  };
}
