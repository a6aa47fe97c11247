/** The secio suite against one peer in its `--raw-secio` mode: the same for both families. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { secioProtocolWith } from '../../src/actors/connection/secio/handler.js';
import type { SecioCipher, SecioCurve, SecioHash, SecioOffer } from '../../src/crypto/secio-suite.js';
import type { KeyType } from '../../src/ports.js';
import { seededBytes, startPeer, type Peer, type PeerName } from '../peers/peers.js';
import { sha256Hex } from './live-bytes.js';
import type { KeyPair } from './live-keys.js';
import { SecureEcho } from './secure-echo.js';
import { identityOf } from './secio-side.js';

const CURVES: readonly SecioCurve[] = ['P-256', 'P-384', 'P-521'];
const CIPHERS: readonly SecioCipher[] = ['AES-256', 'AES-128'];
const HASHES: readonly SecioHash[] = ['SHA256', 'SHA512'];
const SUITES = CURVES.flatMap((curve) =>
  CIPHERS.flatMap((cipher) => HASHES.map((hash) => ({ curve, cipher, hash, name: `${curve} ${cipher} ${hash}` }))),
);
const PAYLOAD_BYTES = 300_000;

/** What a suite is run with. */
export interface RawSecioSuiteOptions {
  readonly peer: PeerName;
  /** Each type of ours with each of theirs. */
  readonly keys: readonly KeyPair[];
  /** P-521 handshakes in a row that we dial, and that we accept. */
  readonly dialed: number;
  readonly accepted: number;
  /** How many of those the peer dials at a time. */
  readonly acceptedAtOnce: number;
}

/** Defines the tests. */
export function rawSecioSuite({ peer: name, keys, dialed, accepted, acceptedAtOnce }: RawSecioSuiteOptions): void {
  const peers: Peer[] = [];
  const nodes: SecureEcho[] = [];
  const peerWith = async (...flags: readonly string[]): Promise<Peer> => {
    const peer = await startPeer(name, ['--raw-secio', ...flags]);
    peers.push(peer);
    return peer;
  };
  const nodeWith = (type: KeyType, preferences: Partial<SecioOffer> = {}): SecureEcho => {
    const node = new SecureEcho({
      identity: identityOf(type, `ours/${type}`),
      security: secioProtocolWith(preferences),
    });
    nodes.push(node);
    return node;
  };

  afterEach(async () => {
    const [stoppedNodes, stoppedPeers] = [nodes.splice(0), peers.splice(0)];
    await Promise.all(stoppedNodes.map((node) => node.stop()));
    await Promise.all(stoppedPeers.map((peer) => peer.stop()));
    expect(stoppedNodes.flatMap((node) => node.broken)).toEqual([]);
    expect(stoppedNodes.map((node) => node.environment.liveActors)).toEqual(stoppedNodes.map(() => 0));
  });

  /** 300 KB there and back, dialed by us and then by them. */
  async function echoBothWays(node: SecureEcho, peer: Peer): Promise<void> {
    const bytes = seededBytes(7, PAYLOAD_BYTES);
    const channel = await node.dial(peer.addresses[0]);
    expect(channel.secured.remotePeer).toBe(peer.peerId);
    expect(sha256Hex(await channel.echo(bytes))).toBe(sha256Hex(bytes));
    channel.close();
    const address = await node.listen();
    const answer = await peer.request('echo', { address, size: PAYLOAD_BYTES, seed: 7 });
    expect(answer).toMatchObject({ bytes: PAYLOAD_BYTES, sha256: sha256Hex(bytes) });
    expect(node.inboundSecured.map(({ remotePeer }) => remotePeer)).toEqual([peer.peerId]);
  }

  describe('identities, ours and theirs, dialed and accepted', () => {
    test.each(keys)('$name', async ({ ours, theirs }) => {
      await echoBothWays(nodeWith(ours.type), await peerWith('--key', theirs.flag));
    });
  });

  describe('suites, dialed and accepted', () => {
    test.each(SUITES)('$name', async ({ curve, cipher, hash }) => {
      const node = nodeWith('Ed25519');
      const flags = ['--exchanges', curve, '--ciphers', cipher, '--hashes', hash, '--key', 'ed25519'];
      const peer = await peerWith(...flags);
      await echoBothWays(node, peer);
      expect(node.inboundSecured).toMatchObject([{ agreed: { curve, cipher, hash } }]);
    });

    test('what only we refuse is named by us', async () => {
      const peer = await peerWith('--exchanges', 'P-384', '--key', 'ed25519');
      const node = nodeWith('Ed25519', { exchanges: ['P-256'] });
      await expect(node.dial(peer.addresses[0])).rejects.toMatchObject({
        code: 'ERR_SECIO_NO_COMMON_SUITE',
        message: 'secio: no common curve: we offer "P-256", the peer "P-384"',
        blame: 'remote',
      });
    });
  });

  // Of the shared secrets of P-521 every other begins with a zero byte, which the two families write differently.
  describe('P-521 in a row without a failure', () => {
    test(`${dialed} dialed`, async () => {
      const peer = await peerWith('--exchanges', 'P-521', '--key', 'ed25519');
      const node = nodeWith('Ed25519');
      for (let index = 0; index < dialed; index++) {
        const channel = await node.dial(peer.addresses[0]);
        expect(channel.secured.agreed).toMatchObject({ curve: 'P-521' });
        const bytes = seededBytes(index + 1, 64);
        expect(sha256Hex(await channel.echo(bytes))).toBe(sha256Hex(bytes));
        channel.close();
      }
    });

    test(`${accepted} accepted`, async () => {
      const peer = await peerWith('--exchanges', 'P-521', '--key', 'ed25519');
      const node = nodeWith('Ed25519');
      const address = await node.listen();
      const answer = await peer.request('dialMany', { address, count: accepted, concurrency: acceptedAtOnce });
      expect(answer).toMatchObject({ count: accepted });
      expect(node.inboundSecured.filter(({ agreed }) => agreed['curve'] === 'P-521').length).toBe(accepted);
    });
  });
}
