/** Plaintext 1.0: nothing is exchanged; who the remote is, is what we dialed, or unknown until somebody names it. */
import { describe, expect, test } from '@jest/globals';
import { unprovenPlaintextProtocol } from '../../../../src/actors/connection/plaintext/unproven.js';
import type { Role } from '../../../../src/actors/connection/security.js';
import { concat, hex, toHex } from '../../../support/decoding.js';
import { NoiseSide, testIdentity, type SideOptions } from '../../../support/noise-side.js';

const ROLES: readonly Role[] = ['dialer', 'listener'];
const side = (role: Role, options: SideOptions = {}): NoiseSide =>
  new NoiseSide(role, { protocol: unprovenPlaintextProtocol, ...options });
const bytesOf = (messages: readonly { readonly chunks: readonly Uint8Array[] }[]): string =>
  toHex(concat(...messages.flatMap(({ chunks }) => chunks)));

describe.each(ROLES)('as a %s', (role) => {
  test('it is up at once, sends nothing, and bytes pass unchanged both ways', () => {
    const one = side(role).start();
    expect([one.secured?.agreed, one.secured?.unproven, one.outbound]).toEqual([{ identity: 'unproven' }, true, []]);
    one.hear(hex('0102'));
    one.environment.turns.post(() =>
      one.handler.send(
        one.environment.message({ direction: 'outbound', layer: 'yamux', connection: 'conn:1', chunks: [hex('0304')] }),
      ),
    );
    expect([bytesOf(one.inbound), bytesOf(one.outbound)]).toEqual(['0102', '0304']);
    one.hearEvent({ type: 'transport.ended' });
    expect(one.inbound.at(-1)?.event).toEqual({ type: 'transport.ended' });
    expect([one.failures, one.broken, one.environment.liveActors, one.clock.pendingTimers]).toEqual([0, [], 0, 0]);
  });

  test('what multistream had read too far comes after the owner knows, and before what follows', () => {
    let before = -1;
    const one = side(role, { onSecured: (self) => (before = self.inbound.length) });
    one.environment.turns.post(() => {
      one.handler.start();
      one.handler.receive(
        one.environment.message({
          direction: 'inbound',
          layer: 'transport',
          connection: 'conn:1',
          chunks: [hex('aa'), hex('bb')],
        }),
      );
    });
    one.hear(hex('cc'));
    expect([before, bytesOf(one.inbound)]).toEqual([0, 'aabbcc']);
  });

  test('the peer that was dialed is the remote, and cannot be named otherwise', () => {
    const { peerId } = testIdentity('somebody');
    const one = side(role, { expectedPeer: peerId }).start();
    expect(one.secured).toMatchObject({ remotePeer: peerId, unproven: true });
    expect(one.secured?.name).toBe(undefined);
  });

  test('nobody was dialed: it has no name until it is given one', () => {
    const one = side(role).start();
    expect(one.secured?.remotePeer).toBe('');
    one.secured?.name?.('somebody');
    expect(one.secured?.remotePeer).toBe('somebody');
  });

  test('disposed, it says nothing more, even before it was up', () => {
    const one = side(role);
    one.environment.turns.post(() => {
      one.handler.start();
      one.handler.dispose();
    });
    one.hear(hex('01'));
    expect([one.secured, one.inbound, one.failures]).toEqual([undefined, [], 0]);
  });
});
