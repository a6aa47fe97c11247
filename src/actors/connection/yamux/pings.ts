/**
 * Pings of one session: ours, one under way at a time, and the peer's, answered within a bound. The round-trip time is
 * the clock's from turn to turn.
 */
import { EngineError } from '../../../errors.js';
import type { Environment } from '../../environment.js';
import { YAMUX_FLAG } from '../../../wire/yamux.js';

/** Sends a ping frame with these flags and this opaque value. */
export type SendPing = (flags: number, value: number) => void;

/** Who asked and who answers. */
export class YamuxPings {
  readonly #environment: Environment;
  readonly #send: SendPing;
  #nextValue = 0;
  #active: { readonly value: number; readonly sentAtMs: number; readonly onPong: ((ms: number) => void)[] } | undefined;
  #roundTripMs: number | undefined;
  /** The peer's pings in this turn. */
  #answered = 0;

  constructor(environment: Environment, send: SendPing) {
    this.#environment = environment;
    this.#send = send;
  }

  /** Round-trip time: half the last one and half what was known before; `undefined` before the first answer. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** Sends a ping, or joins the one under way; `onPong` is not called when the session ends first. */
  ping(onPong?: (roundTripMs: number) => void): void {
    if (this.#active === undefined) {
      const value = this.#nextValue;
      this.#nextValue = (value + 1) >>> 0;
      this.#active = { value, sentAtMs: this.#environment.turns.nowMs, onPong: [] };
      this.#send(YAMUX_FLAG.SYN, value);
    }
    if (onPong !== undefined) this.#active.onPong.push(onPong);
  }

  /** The peer answered; an answer to nothing that is under way means nothing (go sends such, and ignores such). */
  pong(value: number): void {
    const active = this.#active;
    if (active?.value !== value) return;
    this.#active = undefined;
    const roundTripMs = this.#environment.turns.nowMs - active.sentAtMs;
    this.#roundTripMs = this.#roundTripMs === undefined ? roundTripMs : (this.#roundTripMs + roundTripMs) / 2;
    for (const onPong of active.onPong) onPong(roundTripMs);
  }

  /** The peer asked: answers with its value. Throws `ERR_YAMUX_PING_FLOOD` beyond the bound of one turn. */
  answer(value: number): void {
    const { limits, turns } = this.#environment;
    if (this.#answered === 0) turns.flushLater('publish', () => void (this.#answered = 0));
    this.#answered++;
    if (this.#answered > limits.yamuxPingsPerTurn) {
      throw new EngineError(
        'ERR_YAMUX_PING_FLOOD',
        'remote',
        `yamux: more than ${limits.yamuxPingsPerTurn} pings at once`,
      );
    }
    this.#send(YAMUX_FLAG.ACK, value);
  }

  /** Forgets who waits. */
  clear(): void {
    this.#active = undefined;
  }
}
