/** The noise handshake, both roles, against a peer that speaks Noise correctly and says in it what the path wants. */
import { signNoiseStaticKey } from '../../../src/crypto/noise-identity.js';
import type { TraceSink } from '../../../src/ports.js';
import { encodeNoisePayload } from '../../../src/wire/noise.js';
import { NoiseForger } from '../../support/noise-forger.js';
import { NoiseSide, testIdentity } from '../../support/noise-side.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { countWhile, fireDeadline, holds, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

/** Whom the path ends with a mismatch: somebody else than who answers. */
const SOMEBODY_ELSE = testIdentity('somebody else').peerId;
const MALLORY = testIdentity('mallory');

export const noiseDriver: LiveDriver = {
  model: modelOf('noiseHandshake'),
  reach: {
    can: ({ type }, { state }) => {
      if (state === 'idle') return type === 'local.dial' || type === 'local.listen';
      if (state.includes('opening')) return type === 'crypto.opened' || type === 'crypto.rejected';
      if (state.includes('verifying')) return type.startsWith('crypto.') && !/opened|rejected/.test(type);
      // Findings are made in the turn of their message: nothing comes between.
      return type === 'wire.message' || type.startsWith('transport.') || isDeadline(type);
    },
  },
  begin: (path, trace) => new Shaking(path, trace),
};

class Shaking implements LiveRun {
  readonly #side: NoiseSide;
  readonly #forger: NoiseForger;
  readonly #isDialer: boolean;
  #messages = 0;

  constructor(path: ModelPath, trace: TraceSink) {
    this.#isDialer = !holds(path, 'local.listen');
    const expectedPeer = holds(path, 'crypto.peerMismatch') ? { expectedPeer: SOMEBODY_ELSE } : {};
    this.#side = new NoiseSide(this.#isDialer ? 'dialer' : 'listener', { trace, ...expectedPeer }).start();
    this.#forger = new NoiseForger(this.#isDialer ? 'listener' : 'dialer');
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    // Said by the handler as it starts.
    if (type.startsWith('local.')) return 1;
    if (isDeadline(type)) return fireDeadline(this.#side.clock);
    if (type === 'transport.ended' || type === 'transport.failed') {
      this.#side.hearEvent({ type });
      return 1;
    }
    const findings = countWhile(steps, at + 1, (next) => next.startsWith('crypto.'));
    this.#side.hear(this.#message(steps.slice(at + 1, at + 1 + findings).map(({ event }) => event.type)));
    return 1 + findings;
  }

  close() {
    const { side } = { side: this.#side };
    side.environment.turns.post(() => side.handler.dispose());
    return {
      actors: side.environment.liveActors,
      timers: side.clock.pendingTimers,
      broken: side.broken.map(({ code }) => code),
    };
  }

  /** The next message of the peer, such that these findings are made of it. */
  #message(findings: readonly string[]): Uint8Array {
    const sent = this.#side.takeWire();
    if (sent.length > 0) this.#forger.read(sent);
    this.#messages++;
    const isFirst = !this.#isDialer && this.#messages === 1;
    const message = isFirst ? this.#forger.write() : this.#forger.write(this.#payload(findings));
    if (!findings.includes('crypto.rejected')) return message;
    // The first message has no tag that could be wrong; its length can.
    if (isFirst) return Uint8Array.of(0, 31, ...message.subarray(2, 33));
    return message.map((byte, index) => (index === message.length - 1 ? byte ^ 1 : byte));
  }

  #payload(findings: readonly string[]): Uint8Array {
    if (findings.includes('crypto.badPayload')) return Uint8Array.of(0xff, 0xff, 0xff);
    const signature = signNoiseStaticKey(MALLORY.signer, this.#forger.staticPublicKey);
    const isWrong = findings.includes('crypto.badSignature');
    const streamMuxers = [findings.includes('crypto.noCommonMuxer') ? '/mplex/6.7.0' : '/yamux/1.0.0'];
    return encodeNoisePayload({
      identityKey: MALLORY.publicKeyProtobuf,
      identitySignature: isWrong ? signature.map((byte) => byte ^ 1) : signature,
      extensions: { webtransportCerthashes: [], streamMuxers },
    });
  }
}
