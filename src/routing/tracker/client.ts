/** One announce to a tracker, over HTTP or UDP as its URL says, so many at once and no more. All calls in a turn. */
import type { Environment } from '../../actors/environment.js';
import { EngineError } from '../../errors.js';
import type { Cancel, Datagrams } from '../../ports.js';
import type { TrackerAnswer, TrackerRequest } from '../../wire/tracker.js';
import { announceOverHttp, type TrackerHttp } from './http-announce.js';
import { UdpAnnounce } from './udp-announce.js';

/** Hears how one announce ended: exactly one of the two, in a turn, unless it was cancelled. */
export interface AnnounceListener {
  answered(answer: TrackerAnswer): void;
  failed(error: EngineError): void;
}

/** What trackers are asked over. */
export interface TrackerPorts {
  /** Absent: trackers over HTTP cannot be asked. */
  readonly http?: TrackerHttp;
  /** Absent: trackers over UDP cannot be asked. */
  readonly datagrams?: Datagrams;
}

/** A tracker, read from its URL. */
export type TrackerTarget =
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'udp'; readonly url: string; readonly host: string; readonly port: number };

/** Reads `http://`, `https://` and `udp://host:port` URLs. Throws `ERR_INVALID_ARGUMENT`. */
export function trackerTargetOf(url: string): TrackerTarget {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const [hash, protocol] = [parsed?.hash, parsed?.protocol];
  if (parsed !== undefined && hash === '' && (protocol === 'http:' || protocol === 'https:'))
    return { kind: 'http', url };
  const port = Number(parsed?.port);
  if (parsed !== undefined && protocol === 'udp:' && parsed.hostname !== '' && port > 0) {
    return { kind: 'udp', url, host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'), port };
  }
  throw new EngineError(
    'ERR_INVALID_ARGUMENT',
    'local',
    `"${url}" is no tracker: http://, https:// or udp://host:port`,
  );
}

interface Waiting {
  readonly run: () => Cancel;
}

/** Announces of one node. */
export class TrackerClient {
  readonly #environment: Environment;
  readonly #ports: TrackerPorts;
  readonly #waiting = new Set<Waiting>();
  #underWay = 0;
  #count = 0;

  constructor(environment: Environment, ports: TrackerPorts) {
    this.#environment = environment;
    this.#ports = ports;
  }

  /** Announces under way. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Announces, as soon as there is room: callers are as many as lookups and announced CIDs, and those are bounded. */
  announce(target: TrackerTarget, request: TrackerRequest, listener: AnnounceListener): Cancel {
    let cancel: Cancel = () => {
      this.#waiting.delete(waiting);
    };
    const waiting: Waiting = {
      run: () => {
        let isOver = false;
        const end = (tell: () => void): void => {
          if (isOver) return;
          isOver = true;
          this.#underWay--;
          tell();
          this.#next();
        };
        this.#underWay++;
        const stop = this.#begin(target, request, {
          answered: (answer) => end(() => listener.answered(answer)),
          failed: (error) => end(() => listener.failed(error)),
        });
        cancel = () => end(stop);
        return stop;
      },
    };
    this.#waiting.add(waiting);
    this.#next();
    return () => cancel();
  }

  #next(): void {
    const { trackerRequestsAtOnce } = this.#environment.limits;
    for (const waiting of this.#waiting) {
      if (this.#underWay >= trackerRequestsAtOnce) return;
      this.#waiting.delete(waiting);
      waiting.run();
    }
  }

  #begin(target: TrackerTarget, request: TrackerRequest, listener: AnnounceListener): Cancel {
    const { http, datagrams } = this.#ports;
    if (target.kind === 'http' && http !== undefined) {
      return announceOverHttp(this.#environment, http, target.url, request, listener);
    }
    if (target.kind === 'udp' && datagrams !== undefined) {
      const options = { address: `tracker/udp:${++this.#count}`, datagrams, target, request };
      const announce = new UdpAnnounce(this.#environment, options, listener);
      announce.start();
      return () => announce.cancel();
    }
    const what = `tracker: ${target.url}: this node has nothing to ask it over ${target.kind}`;
    this.#environment.turns.post(() => listener.failed(new EngineError('ERR_TRACKER_FAILED', 'local', what)));
    return () => undefined;
  }
}
