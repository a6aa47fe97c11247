/** A peer that is not who it was dialed as, over TCP: refused by its name before anything is said to it. */
import { expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits.js';
import { acceptSecured, agree, readSecioFrame } from '../support/hostile-peer.js';
import { listenRaw } from '../support/hostile-pipe.js';
import { expectFailure, expectRejected, expectStillServing, startTarget } from '../support/hostile-target.js';
import { testIdentity } from '../support/noise-side.js';
import { ReferencePeer } from '../support/secio-reference.js';

const expectedPeer = testIdentity('somebody else').peerId;

test('noise: another peer answers', async () => {
  const target = await startTarget();
  const { address, peer } = await listenRaw();
  const dial = target.node.dial(`${address}/p2p/${expectedPeer}`);
  dial.catch(() => undefined);
  const raw = await peer;
  // The third message does not come: the handshake of the one that answers ends with it.
  await expect(acceptSecured(raw)).rejects.toThrow();
  const expected = {
    code: 'ERR_PEER_ID_MISMATCH',
    machine: 'noiseHandshake',
    state: 'dialing.verifyingPayload',
  } as const;
  const error = await expectRejected(dial, expected);
  expect(error.message).toContain(testIdentity('mallory').peerId);
  await expectFailure(target, { event: 'connection.failed', ...expected });
  await raw.expectClosed();
  expect(target.node.connections()).toEqual([]);
  await expectStillServing(target);
});

test('secio: another peer answers, and hears nothing after its Propose', async () => {
  const target = await startTarget({ security: ['secio'] });
  const { address, peer } = await listenRaw();
  const dial = target.node.dial(`${address}/p2p/${expectedPeer}`);
  dial.catch(() => undefined);
  const raw = await peer;
  await agree(raw);
  raw.send(new ReferencePeer().answerPropose(await readSecioFrame(raw)));
  const expected = { code: 'ERR_PEER_ID_MISMATCH', machine: 'secioHandshake', state: 'selectingSuite' } as const;
  await expectRejected(dial, expected);
  await expectFailure(target, { event: 'connection.failed', ...expected });
  await raw.expectClosed();
  expect(raw.waitingBytes).toBe(0);
  await expectStillServing(target);
});

test('a node that dials itself under another name is refused, and goes on', async () => {
  const target = await startTarget();
  const plain = target.address.split('/p2p/')[0] ?? '';
  const dial = target.node.dial(plain);
  await expect(dial).rejects.toMatchObject({ code: 'ERR_DIAL_SELF', blame: 'local' });
  expect(target.node.connections()).toEqual([]);
  await expectStillServing(target);
});

test('a peer id in the address that is none is refused before anything is dialed', async () => {
  const target = await startTarget({ listen: [] });
  const { address } = await listenRaw();
  const long = 'Q'.repeat(LIMITS.peerIdTextChars + 1);
  for (const name of ['QmNotAPeerId', long]) {
    await expect(target.node.dial(`${address}/p2p/${name}`)).rejects.toMatchObject({ blame: 'local' });
  }
});
