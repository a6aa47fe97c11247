/** Scripts against software that we did not write: js-libp2p of today, and libp2p-secio. Both roles. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Steps } from '../../../src/testing/scripted-peer/index.js';
import { startPeer, type Peer } from '../../peers/peers.js';
import { answersPing, listener, LIVE_TIMEOUT_MS, PAYLOAD, PING, toPeer } from './live-peers.js';
import { accepted, dialed } from './upgraded.js';

jest.setTimeout(LIVE_TIMEOUT_MS);

const IDENTIFY = '/ipfs/id/1.0.0';

describe('js-libp2p over noise', () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('js-modern');
  });
  afterAll(() => peer.stop());

  test('we dial: ping', async () => {
    const outcome = await dialed(toPeer(peer))
      .yamux.open('ping')
      .negotiate(PING)
      .sendBytes(PAYLOAD)
      .expectBytes(PAYLOAD)
      .fin()
      .expectFin()
      .run();
    expect(outcome.remotePeer).toBe(peer.peerId);
  });

  test('we dial with the early muxer list: multistream is left out', async () => {
    const outcome = await toPeer(peer)
      .multistream.negotiate('/noise')
      .noise.sendMessage1()
      .expectMessage2({ verified: true, streamMuxers: ['/yamux/1.0.0'], peer: peer.peerId })
      .sendMessage3({ streamMuxers: ['/yamux/1.0.0'] })
      .yamux.open('ping')
      .negotiate(PING)
      .sendBytes(PAYLOAD)
      .expectBytes(PAYLOAD)
      .yamux.open('again')
      .negotiate(PING)
      .sendBytes(PAYLOAD, { cut: 'bytes' })
      .expectBytes(PAYLOAD)
      .run();
    expect(outcome.remotePeer).toBe(peer.peerId);
  });

  test('we dial: identify both ways, by the field', async () => {
    const outcome = await dialed(toPeer(peer))
      .yamux.accept(IDENTIFY, { name: 'asked' })
      .sendIdentify({ protocols: [PING] })
      .fin()
      .yamux.open('asking')
      .negotiate(IDENTIFY)
      .expectIdentify({ agentVersion: /libp2p/, protocols: (all) => all.includes('/echo/1.0.0') }, { as: 'theirs' })
      .run();
    expect(outcome.saved['theirs']).toMatchObject({ observedAddress: expect.stringMatching(/^\/ip4\/127/) });
  });

  test.each(['bytes', 'prefix', 3] as const)('we dial and write by %p', async (wire) => {
    const outcome = await dialed(toPeer(peer).chunking({ wire }))
      .yamux.open('ping')
      .negotiate(PING)
      .sendBytes(PAYLOAD)
      .expectBytes(PAYLOAD)
      .run();
    expect(outcome.remotePeer).toBe(peer.peerId);
  });

  test('they dial: identify, then three pings', async () => {
    // js opens a stream for each.
    const pinged = (script: Steps, name: string): Steps => answersPing(script, 'yamux', name);
    const running = accepted(listener())
      .yamux.accept(IDENTIFY, { name: 'asked' })
      .sendIdentify({ protocols: [PING, IDENTIFY] })
      .fin()
      .use((script) => ['first', 'second', 'third'].reduce<Steps>(pinged, script))
      .start();
    const address = await running.address;
    const { rttMillis } = await peer.request('ping', { address, count: 3 }).catch(async (error: unknown) => {
      await running.outcome; // its failure tells more
      throw error;
    });
    expect((rttMillis as number[]).length).toBe(3);
    expect((await running.outcome).remotePeer).toBe(peer.peerId);
  });

  const refused: readonly { name: string; act: (script: Steps) => Steps }[] = [
    { name: 'a wrong identity signature', act: (script) => script.noise.handshake({ signature: 'wrong' }) },
    { name: 'a wrong tag on the third message', act: (script) => script.noise.handshake({ flip: -1 }) },
    {
      name: 'a sealed frame that comes twice',
      act: (script) => script.noise.handshake().multistream.sendHeader().sendAgain(),
    },
  ];
  test.each(refused)('they close on $name', async ({ act }) => {
    await act(toPeer(peer).multistream.negotiate('/noise')).expectClose().run();
  });

  test('they end the session that exceeds a window', async () => {
    await dialed(toPeer(peer))
      .yamux.open('stalled')
      .negotiate('/stall/1.0.0')
      .sendBytes(new Uint8Array(256 * 1024 + 1))
      .yamux.expectGoAway(1)
      .expectClose()
      .run();
  });
});

test('js-libp2p over plaintext, both roles', async () => {
  const peer = await startPeer('js-modern', ['--security', 'plaintext', '--no-identify']);
  try {
    const dialing = await toPeer(peer)
      .multistream.negotiate('/plaintext/2.0.0')
      .plaintext.handshake()
      .multistream.negotiate('/yamux/1.0.0')
      .yamux.open('ping')
      .negotiate(PING)
      .sendBytes(PAYLOAD)
      .expectBytes(PAYLOAD)
      .run();
    expect(dialing.remotePeer).toBe(peer.peerId);
    const running = listener()
      .multistream.accept('/plaintext/2.0.0')
      .plaintext.handshake()
      .multistream.accept('/yamux/1.0.0')
      .use((script) => answersPing(script, 'yamux', 'ping'))
      .start();
    await peer.request('ping', { address: await running.address, count: 1 });
    expect((await running.outcome).remotePeer).toBe(peer.peerId);
  } finally {
    await peer.stop();
  }
});

describe('libp2p-secio, which echoes what it opens', () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('js-secio', ['--raw-secio', '--key', 'ed25519']);
  });
  afterAll(() => peer.stop());
  const secured = (script: Steps, exchanges: readonly string[]): Steps =>
    script.secio.handshake({ exchanges }).secio.sendSealed(PAYLOAD).expectSealed(PAYLOAD);

  test.each(['P-256', 'P-384', 'P-521'])('we dial: %s', async (curve) => {
    const outcome = await secured(toPeer(peer).multistream.negotiate('/secio/1.0.0'), [curve]).run();
    expect(outcome.remotePeer).toBe(peer.peerId);
  });

  test('they dial', async () => {
    const bytes = 40;
    const running = listener()
      .multistream.accept('/secio/1.0.0')
      .secio.handshake()
      .expectSealed((plaintext) => plaintext.length === bytes, { as: 'plaintext' })
      .sendSealed({ saved: 'plaintext' })
      .expectClose()
      .start();
    await peer.request('echo', { address: await running.address, size: bytes, seed: 3 });
    expect((await running.outcome).remotePeer).toBe(peer.peerId);
  });

  test('they close on a wrong signature and on a wrong nonce', async () => {
    const begun = toPeer(peer).multistream.negotiate('/secio/1.0.0').secio.sendPropose().expectPropose();
    await begun.sendExchange({ signature: 'wrong' }).expectClose().run();
    await begun.sendExchange().expectExchange().sendNonce({ nonce: 'wrong' }).expectClose().run();
  });
});
