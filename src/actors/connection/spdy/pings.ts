/**
 * Pings of one SPDY session (draft-mbelshe-httpbis-spdy-00 2.6.5): ours, one under way at a time, and the peer's, sent
 * back as they came. Whose a ping is follows from its id: odd from the dialer, even from the listener.
 */
import { EngineError } from '../../../errors.js';
import { SPDY_MAX_UINT31 } from '../../../wire/spdy.js';
import type { Environment } from '../../environment.js';
import type { Role } from '../security.js';

/** Who asked and who answers; counts what the peer may say only so often. */
export class SpdyPings {
  readonly #environment: Environment;
  readonly #send: (id: number) => void;
  readonly #firstId: number;
  #nextId: number;
  #active: { readonly id: number; readonly sentAtMs: number; readonly onPong: ((ms: number) => void)[] } | undefined;
  /** Pings and settings of the peer in this turn. */
  #heeded = 0;

  constructor(environment: Environment, role: Role, send: (id: number) => void) {
    this.#environment = environment;
    this.#send = send;
    this.#firstId = role === 'dialer' ? 1 : 2;
    this.#nextId = this.#firstId;
  }

  /** Sends a ping, or joins the one under way; `onPong` is not called when the session ends first. */
  ping(onPong?: (roundTripMs: number) => void): void {
    if (this.#active === undefined) {
      const id = this.#nextId;
      this.#nextId = id + 2 > SPDY_MAX_UINT31 ? this.#firstId : id + 2;
      this.#active = { id, sentAtMs: this.#environment.turns.nowMs, onPong: [] };
      this.#send(id);
    }
    if (onPong !== undefined) this.#active.onPong.push(onPong);
  }

  /** A ping came: an answer to ours, or one to be answered. Answers to nothing that is under way mean nothing. */
  receive(id: number): void {
    this.heed();
    if (id % 2 !== this.#firstId % 2) {
      this.#send(id);
      return;
    }
    const active = this.#active;
    if (active?.id !== id) return;
    this.#active = undefined;
    const roundTripMs = this.#environment.turns.nowMs - active.sentAtMs;
    for (const onPong of active.onPong) onPong(roundTripMs);
  }

  /** Counts a frame that costs us more than the peer. Throws `ERR_SPDY_FLOOD` beyond the bound of one turn. */
  heed(): void {
    const { limits, turns } = this.#environment;
    if (this.#heeded === 0) turns.flushLater('publish', () => void (this.#heeded = 0));
    this.#heeded++;
    if (this.#heeded > limits.spdyControlsPerTurn) {
      const what = `spdy: more than ${limits.spdyControlsPerTurn} pings and settings at once`;
      throw new EngineError('ERR_SPDY_FLOOD', 'remote', what);
    }
  }

  /** Forgets who waits. */
  clear(): void {
    this.#active = undefined;
  }
}
