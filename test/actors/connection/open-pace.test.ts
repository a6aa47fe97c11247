/** A peer that opens many streams in one breath: the session begins so many, and then it is the others' turn. */
import { describe, expect, test } from '@jest/globals';
import { mplexProtocol } from '../../../src/actors/connection/mplex/muxer.js';
import { spdyProtocol } from '../../../src/actors/connection/spdy/muxer.js';
import { yamuxProtocol } from '../../../src/actors/connection/yamux/muxer.js';
import type { EngineError } from '../../../src/errors.js';
import { LIMITS } from '../../../src/limits.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { concat } from '../../support/decoding.js';
import { MuxerEnd } from '../../support/muxer-pair.js';

const PACE = LIMITS.streamOpensPerPass;

/** A clock that says when the work at hand is done: when the test says so. */
class PacedClock extends VirtualClock {
  #asked: (() => void)[] = [];

  readonly soon = (fire: () => void): void => void this.#asked.push(fire);

  /** The work at hand is done. Answers whether anybody had asked. */
  pass(): boolean {
    const asked = this.#asked;
    this.#asked = [];
    for (const fire of asked) fire();
    return asked.length > 0;
  }
}

describe.each([yamuxProtocol, mplexProtocol, spdyProtocol])('$id', (protocol) => {
  /** What a dialer sends that opens so many streams and says one word on each. */
  const opening = (count: number) => {
    const end = new MuxerEnd(protocol, new VirtualClock(), 'dialer', {});
    end.environment.turns.post(() => end.muxer.start());
    const words = Array.from({ length: count }, (_, at) => `word ${at}`);
    for (const word of words) end.open().write(Buffer.from(word));
    return { bytes: end.takeSent(), words };
  };
  const listening = () => {
    const clock = new PacedClock();
    const end = new MuxerEnd(protocol, clock, 'listener', {});
    end.environment.turns.post(() => end.muxer.start());
    clock.pass();
    const heard: string[] = [];
    const listen = () => {
      for (const stream of end.accepted.splice(0)) {
        const at = heard.push('') - 1;
        stream.data$.subscribe({
          next: (chunk) => (heard[at] = `${heard[at] ?? ''}${Buffer.from(chunk).toString()}`),
          error: () => undefined,
        });
      }
    };
    return { clock, end, heard, listen };
  };

  test(`${PACE} streams are begun at once, the one past it after the others' turn; all is heard, in order`, () => {
    for (const count of [PACE, PACE + 1, 3 * PACE + 5]) {
      const { bytes, words } = opening(count);
      const { clock, end, heard, listen } = listening();
      end.receive([bytes]);
      const begun = [end.offered.length];
      while (end.isPaused) {
        expect(clock.pass()).toBe(true);
        listen();
        // What is said on the last of them may be held alone.
        if (end.offered.length > (begun.at(-1) ?? 0)) begun.push(end.offered.length);
      }
      listen();
      const passes = Math.ceil(count / PACE);
      expect(begun).toEqual(Array.from({ length: passes }, (_, at) => Math.min(count, PACE * (at + 1))));
      expect(heard).toEqual(words);
      expect([end.ended, end.broken]).toEqual([[], []]);
    }
  });

  test('chunks and events that come meanwhile are heard behind what is held', () => {
    const { bytes, words } = opening(2 * PACE);
    const { clock, end, heard, listen } = listening();
    const cut = Math.floor(bytes.length / 4);
    for (let at = 0; at < bytes.length; at += cut) end.receive([bytes.subarray(at, at + cut)]);
    end.tell({ type: 'transport.ended' });
    while (clock.pass()) listen();
    expect(end.isPaused).toBe(false);
    expect(end.offered).toHaveLength(2 * PACE);
    expect(heard).toEqual(words);
    // The end was heard last: it found every stream open, which is a failure of the session, and told all of them.
    expect(end.ended.map((error) => (error as EngineError).code)).toHaveLength(1);
  });

  test('closed while it holds: nothing more is heard, nothing is left, and the transport reads on', () => {
    const { clock, end } = listening();
    end.receive([opening(2 * PACE).bytes]);
    expect([end.offered.length, end.isPaused]).toEqual([PACE, true]);
    end.environment.turns.post(() => end.muxer.dispose());
    while (clock.pass());
    expect([end.offered.length, end.isPaused, end.muxer.streams.size, end.environment.liveActors]).toEqual([
      PACE,
      false,
      0,
      0,
    ]);
  });

  test('on a clock that cannot say when others had their turn, all is read at once', () => {
    const end = new MuxerEnd(protocol, new VirtualClock(), 'listener', {});
    end.environment.turns.post(() => end.muxer.start());
    end.receive([concat(opening(3 * PACE).bytes)]);
    expect([end.offered.length, end.isPaused]).toEqual([3 * PACE, false]);
  });
});
