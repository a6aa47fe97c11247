/** A peer that goes silent in a handshake: it is the layer that tells, whoever dialed, however late it began. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../../src/limits.js';
import type { Steps } from '../../../src/testing/scripted-peer/index.js';
import { scene } from './world.js';

const LAYERS = {
  noise: { id: '/noise', timeoutMs: LIMITS.noiseHandshakeTimeoutMs, code: 'ERR_NOISE_TIMEOUT' },
  secio: { id: '/secio/1.0.0', timeoutMs: LIMITS.secioHandshakeTimeoutMs, code: 'ERR_SECIO_TIMEOUT' },
  plaintext: { id: '/plaintext/2.0.0', timeoutMs: LIMITS.plaintextTimeoutMs, code: 'ERR_PLAINTEXT_TIMEOUT' },
} as const;
type Security = keyof typeof LAYERS;
const SECURITIES = Object.keys(LAYERS) as readonly Security[];
const PATIENT = { timeoutMs: 2 * LIMITS.upgradeTimeoutMs };

/** How the node's connection ended: the code of its failure, or `open`. */
async function ended(role: string, security: Security, act: (script: Steps) => Steps): Promise<string | undefined> {
  const { play, playDialed, dialer, listener, failed, events } = await scene({ security: [security] });
  if (role === 'dialer') await play(act(dialer(PATIENT)));
  else await playDialed(act(listener(PATIENT)));
  if (events.some(({ type }) => type === 'connection.opened')) return 'open';
  return (await failed()).code;
}

describe.each(['dialer', 'listener'])('as the %s', (role) => {
  const agree = (script: Steps, protocol: string): Steps =>
    role === 'dialer' ? script.multistream.negotiate(protocol) : script.multistream.accept(protocol);

  test.each(SECURITIES)('%s: silence is told at its bound, and not a millisecond before', async (security) => {
    const { id, timeoutMs, code } = LAYERS[security];
    const handshake = (script: Steps): Steps => agree(script[security].handshake(), '/yamux/1.0.0').drop();
    expect(await ended(role, security, (script) => handshake(agree(script, id).wait(timeoutMs - 1)))).toBe('open');
    expect(
      await ended(role, security, (script) =>
        agree(script, id)
          .wait(timeoutMs + 1)
          .expectClose(),
      ),
    ).toBe(code);
  });

  test.each(SECURITIES)('%s: also behind the slowest negotiation, before the upgrade ends', async (security) => {
    const { id, code } = LAYERS[security];
    const lateMs = LIMITS.multistreamTimeoutMs - 1;
    expect(await ended(role, security, (script) => agree(script.wait(lateMs), id).expectClose())).toBe(code);
  });
});
