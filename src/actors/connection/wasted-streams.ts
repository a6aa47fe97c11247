/**
 * Counts the streams of a peer that came to nothing: reset by their own opener, or refused. Each cost us work, and opening
 * and resetting in one breath evades every bound on live streams (CVE-2023-44487).
 */
import { EngineError } from '../../errors.js';
import type { Environment } from '../environment.js';
import { RateBound } from '../rate-bound.js';
import type { OpenPace } from './open-pace.js';

/** The bound of one session. */
export class WastedStreams {
  readonly #environment: Environment;
  readonly #muxer: string;
  readonly #pace: OpenPace;
  readonly #bound: RateBound;

  /** `muxer`: its name, for the error. */
  constructor(environment: Environment, muxer: string, pace: OpenPace) {
    const { streamResetsBurst, streamResetsPerSecond } = environment.limits;
    this.#environment = environment;
    this.#muxer = muxer;
    this.#pace = pace;
    this.#bound = new RateBound(streamResetsBurst, streamResetsPerSecond, environment.turns.nowMs);
  }

  /** One more. Throws `ERR_STREAM_RESET_FLOOD`. */
  count(): void {
    this.#pace.wasted();
    if (this.#bound.take(this.#environment.turns.nowMs)) return;
    const { streamResetsPerSecond } = this.#environment.limits;
    const what = `${this.#muxer}: more than ${streamResetsPerSecond} streams a second were reset by the peer, or refused`;
    throw new EngineError('ERR_STREAM_RESET_FLOOD', 'remote', what);
  }
}
