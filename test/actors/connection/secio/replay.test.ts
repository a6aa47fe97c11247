/** Handshakes recorded from live peers of both families, replayed: the same bytes in, the same states, the same bytes out. */
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { concat, hex, toHex } from '../../../support/decoding.js';
import { identityOf, secioSide } from '../../../support/secio-side.js';

interface Handshake {
  readonly name: string;
  readonly seed: string;
  readonly family: 'go' | 'js';
  readonly remotePeer: string;
  readonly agreed: { readonly curve: string; readonly cipher: string; readonly hash: string };
  readonly states: readonly string[];
  /** What came from the peer, chunk by chunk. */
  readonly received: readonly string[];
  /** All that our side sent until it was secured. */
  readonly sent: string;
}
const { handshakes } = JSON.parse(
  readFileSync(new URL('../../../vectors/secio/live-handshakes.json', import.meta.url), 'utf8'),
) as { readonly handshakes: readonly Handshake[] };

const replay = ({ seed, remotePeer }: Handshake, chunks: readonly Uint8Array[]): unknown => {
  const identity = identityOf('Ed25519', 'live');
  const side = secioSide('dialer', { seed, identity, expectedPeer: remotePeer }).start();
  for (const chunk of chunks) side.hear(chunk);
  return {
    failure: side.failed?.message,
    remotePeer: side.secured?.remotePeer,
    agreed: side.secured?.agreed,
    states: side.handler.stays.map(({ state }) => state),
    sent: toHex(side.takeWire()),
  };
};

test.each(handshakes)('$name', (handshake) => {
  const { remotePeer, agreed, states, sent, received } = handshake;
  const expected = { failure: undefined, remotePeer, agreed, states, sent };
  expect(replay(handshake, received.map(hex))).toEqual(expected);
  const whole = concat(...received.map(hex));
  expect(replay(handshake, [whole])).toEqual(expected);
  expect(
    replay(
      handshake,
      Array.from(whole, (byte) => Uint8Array.of(byte)),
    ),
  ).toEqual(expected);
});

test('both families are there, with doubt and without, won and lost', () => {
  const kinds = handshakes.map(({ family, states }) =>
    [family, ...states.filter((state) => /^awaiting(?:Exchange|Nonce)/.test(state))].join(' '),
  );
  expect([...new Set(kinds)].sort()).toEqual(
    ['go', 'js'].flatMap((family) => [
      `${family} awaitingExchange.held awaitingNonce.sent`,
      `${family} awaitingExchange.sent awaitingNonce.held`,
      `${family} awaitingExchange.sent awaitingNonce.sent`,
    ]),
  );
});
