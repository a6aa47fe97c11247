/** Scripts against software that we did not write: js-libp2p of today, and libp2p-secio. Both roles. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { scriptedPeer, tcp, tcpListener, type Steps } from '../../../src/testing/scripted-peer/index.js';
import { startPeer, type Peer } from '../../peers/peers.js';
import { pattern } from '../../support/streams.js';
import { accepted, dialed } from './upgraded.js';

/** Peers are programs of others on a busy machine: this only ends what hangs. */
jest.setTimeout(300_000);

const PING = '/ipfs/ping/1.0.0';
const IDENTIFY = '/ipfs/id/1.0.0';
const PAYLOAD = pattern(32, 5);
const toPeer = (peer: Peer) => scriptedPeer({ over: tcp(peer.addresses[0]), timeoutMs: 30_000 });
/** Each listener is somebody else, so that no peer takes it for one that it knows. */
let listeners = 0;
const listener = () => {
  const number = ++listeners;
  const random = { bytes: (label: string, size: number) => pattern(size, number * 31 + label.length) };
  return scriptedPeer({ over: tcpListener(), timeoutMs: 30_000, random });
};

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
    const pinged = (script: Steps, name: string): Steps =>
      script.yamux.accept(PING, { name }).expectBytes(32, { as: name }).sendBytes({ saved: name }).expectFin().fin();
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
      .yamux.accept(PING, { name: 'ping' })
      .expectBytes(32, { as: 'payload' })
      .sendBytes({ saved: 'payload' })
      .expectFin()
      .fin()
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
