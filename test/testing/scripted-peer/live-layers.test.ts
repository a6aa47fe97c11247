/** Scripts in TLS, mplex and spdy against software that we did not write: js-libp2p of today and of 2019. Both roles. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Steps } from '../../../src/testing/scripted-peer/index.js';
import { startPeer, type Peer } from '../../peers/peers.js';
import { pattern } from '../../support/streams.js';
import { answersPing, listener, LIVE_TIMEOUT_MS, PAYLOAD, PING, toPeer } from './live-peers.js';

jest.setTimeout(LIVE_TIMEOUT_MS);

describe('js-libp2p over TLS', () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('js-modern', ['--security', 'tls', '--no-identify']);
  });
  afterAll(() => peer.stop());
  const begun = () => toPeer(peer).multistream.negotiate('/tls/1.0.0').tls.sendClientHello().expectFlight();

  test.each(['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_256_GCM_SHA384'])(
    'we dial with %s: ping',
    async (suite) => {
      const outcome = await toPeer(peer)
        .multistream.negotiate('/tls/1.0.0')
        .tls.sendClientHello({ suites: [suite] })
        .expectServerHello({ suite, group: 'x25519' })
        .expectEncryptedExtensions()
        .expectCertificateRequest()
        .expectCertificate({ verified: true, peer: peer.peerId })
        .expectCertificateVerify()
        .expectFinished()
        .sendProof()
        .multistream.negotiate('/yamux/1.0.0')
        .yamux.open('ping')
        .negotiate(PING)
        .sendBytes(PAYLOAD)
        .expectBytes(PAYLOAD)
        .run();
      expect(outcome.remotePeer).toBe(peer.peerId);
    },
  );

  test('we dial, and have new keys in the middle', async () => {
    await begun()
      .sendProof()
      .sendKeyUpdate()
      .multistream.negotiate('/yamux/1.0.0')
      .tls.sendKeyUpdate()
      .yamux.open('ping')
      .negotiate(PING)
      .sendBytes(PAYLOAD)
      .expectBytes(PAYLOAD)
      .run();
  });

  test('they dial: ping', async () => {
    const running = listener()
      .multistream.accept('/tls/1.0.0')
      .tls.expectClientHello({ protocols: (all) => all.includes('libp2p') })
      .sendServerHello({ suite: 'TLS_AES_256_GCM_SHA384' })
      .sendEncryptedExtensions()
      .sendCertificateRequest()
      .sendProof()
      .expectProof()
      .multistream.accept('/yamux/1.0.0')
      .use((script) => answersPing(script, 'yamux', 'ping'))
      .start();
    await peer.request('ping', { address: await running.address, count: 1 });
    expect((await running.outcome).remotePeer).toBe(peer.peerId);
  });

  test('they say that a signature, a Finished and a tag are wrong, and close', async () => {
    for (const act of [
      begun().sendCertificate().sendCertificateVerify({ signature: 'wrong' }).sendFinished(),
      begun().sendCertificate().sendCertificateVerify().sendFinished({ verifyData: 'wrong' }),
      begun().sendCertificate({ flip: -1 }),
    ]) {
      await act
        .expectAlert(/^(decrypt_error|bad_record_mac)$/)
        .expectClose()
        .run();
    }
  });

  test.each(['absent', 'wrong'] as const)(
    'they close on a certificate whose libp2p extension is %s',
    async (extension) => {
      await begun().sendProof({ extension }).expectClose().run();
    },
  );
});

/** What an mplex and a spdy session are tried with. */
function pinged(script: Steps, muxer: 'mplex' | 'spdy'): Steps {
  return script[muxer].open('ping').negotiate(PING).sendBytes(PAYLOAD).expectBytes(PAYLOAD).fin().expectFin();
}

test('js-libp2p over mplex, both roles', async () => {
  const peer = await startPeer('js-modern', ['--muxer', 'mplex', '--no-identify']);
  try {
    const begun = toPeer(peer).multistream.negotiate('/noise').noise.handshake().multistream.negotiate('/mplex/6.7.0');
    expect((await pinged(begun, 'mplex').run()).remotePeer).toBe(peer.peerId);
    await begun.mplex
      .open('reset')
      .negotiate('/echo/1.0.0')
      .reset()
      .use((script) => pinged(script, 'mplex'))
      .run();
    const running = listener()
      .multistream.accept('/noise')
      .noise.handshake()
      .multistream.accept('/mplex/6.7.0')
      .use((script) => answersPing(script, 'mplex', 'ping'))
      .start();
    await peer.request('ping', { address: await running.address, count: 1 });
    expect((await running.outcome).remotePeer).toBe(peer.peerId);
  } finally {
    await peer.stop();
  }
});

test('js-libp2p of 2019 over spdy, and plaintext 1.0, which says nothing', async () => {
  const peer = await startPeer('js-spdy');
  try {
    const begun = toPeer(peer).multistream.negotiate('/plaintext/1.0.0').multistream.negotiate('/spdy/3.1.0');
    await begun.spdy
      .sendSettings({ 7: 2 ** 20 })
      .grant(2 ** 20)
      .sendPing()
      .expectPong()
      .open('echo')
      .negotiate('/echo/1.0.0')
      .sendBytes(pattern(50_000, 3))
      .expectBytes(pattern(50_000, 3))
      .fin()
      .expectFin()
      .spdy.open('again')
      .negotiate(PING)
      .sendBytes(PAYLOAD)
      .expectBytes(PAYLOAD)
      .run();
  } finally {
    await peer.stop();
  }
});
