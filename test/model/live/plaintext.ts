/** The exchange of plaintext 2.0, fed with Exchanges. */
import { plaintextProtocol } from '../../../src/actors/connection/plaintext/handler.js';
import { peerIdToBytes } from '../../../src/crypto/peer-id.js';
import type { TraceSink } from '../../../src/ports.js';
import { encodeVarintPrefixed } from '../../../src/wire/length-prefixed.js';
import { encodePlaintextExchange } from '../../../src/wire/plaintext.js';
import { hex } from '../../support/decoding.js';
import { NoiseSide as SecureSide, testIdentity } from '../../support/noise-side.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, holds, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

const MALLORY = testIdentity('mallory');
const SOMEBODY_ELSE = testIdentity('somebody else').peerId;

export const plaintextDriver: LiveDriver = {
  model: modelOf('plaintextExchange'),
  reach: {
    can: ({ type }, { state }) => {
      if (state === 'verifyingExchange') return type.startsWith('crypto.');
      return type.startsWith('wire.') || type.startsWith('transport.') || isDeadline(type);
    },
  },
  begin: (path, trace) => new Exchanging(path, trace),
};

class Exchanging implements LiveRun {
  readonly #side: SecureSide;

  constructor(path: ModelPath, trace: TraceSink) {
    const expectedPeer = holds(path, 'crypto.peerMismatch') ? { expectedPeer: SOMEBODY_ELSE } : {};
    this.#side = new SecureSide('dialer', { protocol: plaintextProtocol, trace, ...expectedPeer }).start();
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    const finding = typeAt(steps, at + 1);
    if (isDeadline(type)) return fireDeadline(this.#side.clock);
    if (type === 'transport.ended' || type === 'transport.failed') this.#side.hearEvent({ type });
    else this.#side.hear(type === 'wire.badMessage' ? hex('ffffff7f') : exchangeFor(finding));
    return finding === '' ? 1 : 2;
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
}

function exchangeFor(finding: string): Uint8Array {
  if (finding === 'crypto.badExchange') return encodeVarintPrefixed(hex('ff'));
  const id = peerIdToBytes(finding === 'crypto.idMismatch' ? SOMEBODY_ELSE : MALLORY.peerId);
  return encodeVarintPrefixed(encodePlaintextExchange({ id, publicKey: MALLORY.publicKeyProtobuf }));
}
