/** TLS by script: what each step says, what a node makes of it, and what its alerts are. */
import { describe, expect, test } from '@jest/globals';
import { generateIdentity } from '../../../src/crypto/keys.js';
import type { ErrorCode } from '../../../src/errors.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { dial, listen, scriptedPeer, type Outcome, type Steps } from '../../../src/testing/scripted-peer/index.js';
import { hex } from '../../support/decoding.js';
import { during, newWorld } from '../../support/sim-nodes.js';
import { errorAfter, scene, type Role } from './world.js';

const TLS = '/tls/1.0.0';
const YAMUX = '/yamux/1.0.0';
const stranger = generateIdentity(nodeCiphers, new SeededRandom('stranger')).identity;
const NO_CERTIFICATE = hex('3000');

/** Plays two scripts with each other. */
async function duet(listening: (script: Steps) => Steps, dialing: (script: Steps) => Steps): Promise<Outcome[]> {
  const world = newWorld({ latencyMs: 3 });
  const { clock, network } = world;
  const random = new SeededRandom('listening');
  const left = scriptedPeer({ clock, random, over: listen(network.transport, '/memory/left') });
  const right = scriptedPeer({ clock, over: dial(network.transport, '/memory/left') });
  return during(world, Promise.all([listening(left).run(), dialing(right).run()]));
}

interface Act {
  readonly name: string;
  readonly role: Role;
  readonly act: (script: Steps) => Steps;
  readonly code: ErrorCode;
  /** What the node says before it closes; absent: nothing that we could read. */
  readonly alert?: string;
}

const toHello = (script: Steps) => script.tls.expectClientHello();
const toProof = (script: Steps) => toHello(script).sendServerHello().sendEncryptedExtensions().sendCertificateRequest();
const fromHello = (script: Steps) => script.tls.sendClientHello().expectFlight();

const ACTS: readonly Act[] = [
  { name: 'silence', role: 'dialer', act: (script) => script, code: 'ERR_TLS_TIMEOUT' },
  { name: 'the end', role: 'listener', act: (script) => script.end(), code: 'ERR_TLS_ENDED' },
  {
    name: 'half a hello and the end',
    role: 'dialer',
    act: (script) => script.tls.sendClientHello({ truncateTo: 60 }).end(),
    code: 'ERR_TLS_ENDED',
  },
  {
    name: 'TLS 1.2 alone',
    role: 'dialer',
    act: (script) => script.tls.sendClientHello({ versions: [0x0303] }),
    code: 'ERR_TLS_NO_COMMON_VERSION',
    alert: 'protocol_version',
  },
  {
    name: 'suites that nobody knows',
    role: 'dialer',
    act: (script) => script.tls.sendClientHello({ suites: [0x1304] }),
    code: 'ERR_TLS_NO_COMMON_SUITE',
    alert: 'handshake_failure',
  },
  {
    name: 'a protocol that nobody has',
    role: 'dialer',
    act: (script) => script.tls.sendClientHello({ protocols: ['h2'] }),
    code: 'ERR_TLS_NO_COMMON_PROTOCOL',
    alert: 'no_application_protocol',
  },
  {
    name: 'a hello that does not decode',
    role: 'dialer',
    act: (script) => script.tls.sendClientHello({ content: hex('00') }),
    code: 'ERR_TLS_BAD_MESSAGE',
    alert: 'decode_error',
  },
  {
    name: 'a record of no type',
    role: 'dialer',
    act: (script) => script.tls.sendRecord(99, hex('00')),
    code: 'ERR_TLS_BAD_RECORD',
  },
  {
    name: 'a Finished where a hello is due',
    role: 'dialer',
    act: (script) => script.tls.sendMessage('finished', new Uint8Array(32)),
    code: 'ERR_TLS_UNEXPECTED',
    alert: 'unexpected_message',
  },
  {
    name: 'an alert',
    role: 'dialer',
    act: (script) => script.tls.sendAlert('internal_error'),
    code: 'ERR_TLS_ALERT',
  },
  {
    name: 'a suite that was not offered',
    role: 'listener',
    act: (script) => toHello(script).sendServerHello({ suite: 0x1304 }),
    code: 'ERR_TLS_BAD_MESSAGE',
    alert: 'illegal_parameter',
  },
  {
    name: 'a second retry',
    role: 'listener',
    act: (script) =>
      toHello(script)
        .sendRetry()
        .expectClientHello({ keys: ['secp256r1'] })
        .sendRetry(),
    code: 'ERR_TLS_UNEXPECTED',
    alert: 'unexpected_message',
  },
  {
    name: 'a protocol that was not offered',
    role: 'listener',
    act: (script) => toHello(script).sendServerHello().sendEncryptedExtensions({ protocol: 'h2' }),
    code: 'ERR_TLS_BAD_MESSAGE',
    alert: 'illegal_parameter',
  },
  {
    name: 'schemes by which nobody signs',
    role: 'listener',
    act: (script) =>
      toHello(script)
        .sendServerHello()
        .sendEncryptedExtensions()
        .sendCertificateRequest({ schemes: ['ed25519'] }),
    code: 'ERR_TLS_NO_COMMON_SUITE',
    alert: 'handshake_failure',
  },
  {
    name: 'a record whose tag is wrong',
    role: 'listener',
    act: (script) => toHello(script).sendServerHello().sendEncryptedExtensions({ flip: -1 }),
    code: 'ERR_TLS_BAD_RECORD',
    alert: 'bad_record_mac',
  },
  ...(['listener', 'dialer'] as const).flatMap((role): readonly Act[] => {
    const begun = role === 'listener' ? toProof : fromHello;
    const certificate = { role, code: 'ERR_TLS_BAD_CERTIFICATE', alert: 'bad_certificate' } as const;
    return [
      {
        ...certificate,
        name: 'no certificate',
        act: (script) => begun(script).sendCertificate({ certificates: [] }),
        alert: 'certificate_required',
      },
      {
        ...certificate,
        name: 'a certificate without the libp2p extension',
        act: (script) => begun(script).sendCertificate({ extension: 'absent' }),
      },
      {
        ...certificate,
        name: 'a certificate whose extension is over another key',
        act: (script) => begun(script).sendCertificate({ extension: 'wrong' }),
      },
      {
        ...certificate,
        name: 'a certificate whose extension is none',
        act: (script) => begun(script).sendCertificate({ extension: hex('0500') }),
      },
      {
        ...certificate,
        name: 'a certificate that claims to be somebody else',
        act: (script) => begun(script).sendCertificate({ identityKey: stranger.publicKeyProtobuf }),
      },
      {
        ...certificate,
        name: 'a certificate that is none',
        act: (script) => begun(script).sendCertificate({ certificates: [NO_CERTIFICATE] }),
      },
      {
        name: 'a signature over another handshake',
        role,
        act: (script) => begun(script).sendCertificate().sendCertificateVerify({ signature: 'wrong' }),
        code: 'ERR_TLS_BAD_SIGNATURE',
        alert: 'decrypt_error',
      },
      {
        name: 'a Finished with a bit flipped',
        role,
        act: (script) => begun(script).sendCertificate().sendCertificateVerify().sendFinished({ verifyData: 'wrong' }),
        code: 'ERR_TLS_BAD_FINISHED',
        alert: 'decrypt_error',
      },
    ];
  }),
];

describe('a node and a script that does wrong', () => {
  test.each(ACTS)('as the $role: $name: $code', async ({ role, act, code, alert }) => {
    const agreed = (script: Steps): Steps =>
      role === 'dialer' ? script.multistream.negotiate(TLS) : script.multistream.accept(TLS);
    const told = (script: Steps): Steps => (alert === undefined ? script : script.tls.expectAlert(alert));
    const error = await errorAfter(role, 'tls', (script) => told(act(agreed(script))).expectClose(), {
      limits: { tlsHandshakeTimeoutMs: 5_000 },
    });
    expect(error).toMatchObject({ code, blame: 'remote' });
  });

  test('proven by another peer than was dialed', async () => {
    const { world, node, listener } = await scene({ security: ['tls'] });
    const running = toProof(listener().multistream.accept(TLS)).sendProof().expectAlert('bad_certificate').start();
    const address = (await running.address).replace(/\/p2p\/.*/, `/p2p/${stranger.peerId}`);
    const dialed = node.dial(address).catch((error: unknown) => error);
    await during(world, running.outcome);
    expect(await during(world, dialed)).toMatchObject({ code: 'ERR_PEER_ID_MISMATCH' });
  });

  test('in the session: a record whose tag is wrong, and one that comes twice', async () => {
    const secured = (script: Steps) => script.multistream.negotiate(TLS).tls.handshake();
    for (const act of [
      (script: Steps) => secured(script).sendSealed(hex('aabb'), { flip: -1 }),
      (script: Steps) => secured(script).multistream.sendHeader().sendAgain(),
    ]) {
      const error = await errorAfter('dialer', 'tls', (script) => act(script).tls.expectAlert('bad_record_mac'));
      expect(error).toMatchObject({ code: 'ERR_TLS_BAD_RECORD' });
    }
  });
});

describe('a node and a script that does right', () => {
  test('agrees on the muxer by ALPN, and says close_notify at its end', async () => {
    const { world, node, dialer } = await scene({ security: ['tls'] });
    const outcome = await during(
      world,
      dialer()
        .multistream.negotiate(TLS)
        .tls.sendClientHello({ protocols: [YAMUX, 'libp2p'], groups: ['secp256r1'] })
        .expectServerHello({ suite: 'TLS_AES_128_GCM_SHA256', group: 'secp256r1' })
        .expectEncryptedExtensions({ protocol: YAMUX })
        .expectCertificateRequest({ schemes: (all) => all.includes('ecdsa_secp256r1_sha256') })
        .expectCertificate({ verified: true, peer: node.peerId })
        .expectCertificateVerify()
        .expectFinished()
        .sendProof()
        .yamux.open('ping')
        .expectAck()
        .negotiate('/ipfs/ping/1.0.0')
        .sendBytes(new Uint8Array(32).fill(3))
        .expectBytes(new Uint8Array(32).fill(3))
        .tls.sendAlert('close_notify')
        .expectAlert('close_notify')
        .expectClose()
        .run(),
    );
    expect(outcome.remotePeer).toBe(node.peerId);
  });

  test('asks for another hello where the first has no key', async () => {
    const { play, node, dialer } = await scene({ security: ['tls'] });
    const outcome = await play(
      dialer()
        .multistream.negotiate(TLS)
        .tls.sendClientHello({ groups: ['secp256r1'], keys: [], suites: ['TLS_CHACHA20_POLY1305_SHA256'] })
        .expectRetry({ group: 'secp256r1', suite: 'TLS_CHACHA20_POLY1305_SHA256' })
        .sendClientHello({ groups: ['secp256r1'], suites: ['TLS_CHACHA20_POLY1305_SHA256'] })
        .expectFlight()
        .sendProof()
        .multistream.negotiate(YAMUX),
    );
    expect(outcome.remotePeer).toBe(node.peerId);
  });

  test('hears our KeyUpdate and answers with its own', async () => {
    const { play, node, dialer } = await scene({ security: ['tls'] });
    const outcome = await play(
      dialer()
        .multistream.negotiate(TLS)
        .tls.handshake()
        .sendKeyUpdate(true)
        .multistream.negotiate(YAMUX)
        .tls.expectKeyUpdate(false)
        .yamux.open('ping')
        .expectAck()
        .negotiate('/ipfs/ping/1.0.0'),
    );
    expect(outcome.remotePeer).toBe(node.peerId);
  });
});

describe('two scripts', () => {
  test('all that a server may ask, and sealed records of either', async () => {
    const [left, right] = await duet(
      (script) =>
        script.tls
          .expectClientHello({ groups: ['x25519', 'secp256r1'], keys: ['x25519'], sessionId: hex('0102') })
          .sendRetry({ group: 'secp256r1', suite: 'TLS_AES_256_GCM_SHA384' })
          .expectClientHello({ keys: ['secp256r1'] })
          .sendServerHello({ suite: 'TLS_AES_256_GCM_SHA384' })
          .sendEncryptedExtensions({ protocol: 'absent' })
          .sendCertificateRequest({ schemes: ['ed25519', 0x0403] })
          .sendProof()
          .expectProof()
          .sendKeyUpdate(true)
          .sendSealed(hex('01'))
          .sendRecord(22, hex('04000000'))
          .expectSealed(hex('02'))
          .expectAlert('user_canceled'),
      (script) =>
        script.tls
          .sendClientHello({ sessionId: hex('0102') })
          .expectRetry({ group: 'secp256r1', suite: 'TLS_AES_256_GCM_SHA384', sessionId: hex('0102') })
          .sendClientHello({ groups: ['secp256r1', 'x25519'], sessionId: hex('0102') })
          .expectServerHello({ suite: 'TLS_AES_256_GCM_SHA384', group: 'secp256r1' })
          .expectEncryptedExtensions({ protocol: '' })
          .expectCertificateRequest({ schemes: ['ed25519', 'ecdsa_secp256r1_sha256'] })
          .expectProof()
          .sendProof()
          .expectSealed(hex('01'))
          .expectKeyUpdate(true)
          .sendSealed(hex('02'))
          .sendAlert('user_canceled'),
    );
    expect(left?.remotePeer).toBe(right?.localPeer);
    expect(right?.remotePeer).toBe(left?.localPeer);
  });

  test('what is wrong with a peer is said: its certificate, its signature, an alert where a message is due', async () => {
    const begun = (script: Steps) =>
      script.tls.sendClientHello().expectServerHello().expectEncryptedExtensions().expectCertificateRequest();
    await expect(
      duet(
        (script) => toProof(script).sendCertificate({ extension: 'absent' }).expectClose(),
        (script) => begun(script).expectCertificate(),
      ),
    ).rejects.toThrow(/! verified is false/);
    await duet(
      (script) =>
        toProof(script)
          .sendCertificate({ extension: 'wrong' })
          .sendCertificateVerify({ signature: 'wrong' })
          .sendFinished({ verifyData: 'wrong' }),
      (script) =>
        begun(script)
          .expectCertificate({ verified: false, peer: '', why: /^the signature by .* is wrong$/ })
          .expectCertificateVerify({ scheme: 'ecdsa_secp256r1_sha256', verified: false })
          .expectFinished({ verified: false }),
    );
    await expect(
      duet(
        (script) => toHello(script).sendAlert('handshake_failure').expectClose(),
        (script) => script.tls.sendClientHello().expectServerHello(),
      ),
    ).rejects.toThrow(/the peer says alert handshake_failure/);
    await expect(
      duet(
        (script) => toHello(script).sendServerHello().sendCertificateRequest().expectClose(),
        (script) => script.tls.sendClientHello().expectServerHello().expectEncryptedExtensions(),
      ),
    ).rejects.toThrow(/CertificateRequest where EncryptedExtensions is due/);
  });
});
