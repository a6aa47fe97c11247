/** The secio handshake against the reference peer of the tests, which shares no code with the engine. */
import type { TraceSink } from '../../../src/ports.js';
import type { SecureSide } from '../../support/secio-side.js';
import { firstKey, secioSide } from '../../support/secio-side.js';
import { testIdentity } from '../../support/noise-side.js';
import { frameOf, framesOf, message, ReferencePeer } from '../../support/secio-reference.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { countWhile, fireDeadline, holds, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

const SEED = 'dialer';
const SOMEBODY_ELSE = testIdentity('somebody else').peerId;

/** The findings that each state waits for. */
const FINDINGS: Readonly<Record<string, RegExp>> = {
  selectingSuite: /Preferred|badPropose|selfDial|peerMismatch|noCommonSuite/,
  verifyingExchange: /secret|badExchange|badSignature/,
  checkingNonce: /nonceMatched|badMac|badNonce/,
};
const AWAITED: Readonly<Record<string, string>> = {
  awaitingPropose: 'wire.propose',
  awaitingExchange: 'wire.exchange',
  awaitingNonce: 'wire.nonce',
};

export const secioDriver: LiveDriver = {
  model: modelOf('secioHandshake'),
  reach: {
    can: ({ type }, { state }) => {
      const [outer = ''] = state.split('.');
      const findings = FINDINGS[outer];
      if (findings !== undefined) return type.startsWith('crypto.') && findings.test(type);
      // A message is read as what the state waits for.
      return type === AWAITED[outer] || type === 'wire.badFrame' || type.startsWith('transport.') || isDeadline(type);
    },
  },
  begin: (path, trace) => new Shaking(path, trace),
};

class Shaking implements LiveRun {
  readonly #side: SecureSide;
  readonly #peer: ReferencePeer;
  #exchangeRead = false;

  constructor(path: ModelPath, trace: TraceSink) {
    this.#peer = new ReferencePeer({
      wins: holds(path, 'crypto.remotePreferred'),
      // With a zero byte in front the two readings of the secret differ; one try must do for our key, too.
      leadingZero: holds(path, 'crypto.secretDoubtful'),
      ...(holds(path, 'crypto.noCommonSuite') ? { exchanges: 'P-1' } : {}),
    });
    this.#side = secioSide('dialer', {
      trace,
      seed: SEED,
      limits: { secioKeyAttempts: 1 },
      ...(holds(path, 'crypto.peerMismatch') ? { expectedPeer: SOMEBODY_ELSE } : {}),
    }).start();
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    if (isDeadline(type)) return fireDeadline(this.#side.clock);
    if (type === 'transport.ended' || type === 'transport.failed') {
      this.#side.hearEvent({ type });
      return 1;
    }
    const findings = countWhile(steps, at + 1, (next) => next.startsWith('crypto.'));
    this.#side.hear(this.#frame(type, typeAt(steps, at + 1), steps[at]?.from ?? ''));
    return 1 + findings;
  }

  close() {
    const side = this.#side;
    side.environment.turns.post(() => side.handler.dispose());
    return {
      actors: side.environment.liveActors,
      timers: side.clock.pendingTimers,
      broken: side.broken.map(({ code }) => code),
    };
  }

  /** The next frame of the peer, such that `finding` is made of it. */
  #frame(type: string, finding: string, state: string): Uint8Array {
    // More than a handshake message may have, or less than a MAC.
    if (type === 'wire.badFrame')
      return state.startsWith('awaitingNonce') ? frameOf(Buffer.alloc(3)) : Buffer.alloc(4, 0xff);
    if (type === 'wire.propose') return this.#propose(finding);
    return type === 'wire.exchange' ? this.#exchange(finding) : this.#nonce(finding);
  }

  #propose(finding: string): Uint8Array {
    const ours = this.#side.takeWire();
    const propose = this.#peer.answerPropose(ours);
    if (finding === 'crypto.badPropose') return frameOf(message(Buffer.alloc(3), 'no key', '', '', ''));
    return finding === 'crypto.selfDial' ? ours : propose;
  }

  #exchange(finding: string): Uint8Array {
    this.#readExchange();
    const { curve } = this.#peer;
    const towards = this.#exchangeRead ? [] : [firstKey(SEED, curve as 'P-256').publicKey];
    const exchange = this.#peer.exchange(...towards);
    if (finding === 'crypto.badExchange') return frameOf(Buffer.from('ff', 'hex'));
    if (finding !== 'crypto.badSignature') return exchange;
    return this.#peer.exchangeWith(Buffer.alloc(65, 4), () => Buffer.alloc(64));
  }

  #nonce(finding: string): Uint8Array {
    this.#readExchange();
    const sealed = this.#peer.seal(finding === 'crypto.badNonce' ? Buffer.alloc(16) : this.#peer.theirNonce);
    return finding === 'crypto.badMac'
      ? sealed.map((byte, index) => (index === sealed.length - 1 ? byte ^ 1 : byte))
      : sealed;
  }

  /** Our side's Exchange, once it was sent. */
  #readExchange(): void {
    const [exchange] = framesOf(this.#side.takeWire());
    if (exchange === undefined || this.#exchangeRead) return;
    this.#exchangeRead = true;
    this.#peer.readExchange(exchange);
  }
}
