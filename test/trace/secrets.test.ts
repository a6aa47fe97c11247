/** Nothing secret can be found in a redacted trace: live handshakes of every kind, identify, ping and a fetch, scanned. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { filter, firstValueFrom, tap } from 'rxjs';
import type { SecurityName } from '../../src/chain-protocols.js';
import { createNode } from '../../src/create-node.js';
import type { Host } from '../../src/host/host.js';
import { generateIdentity } from '../../src/crypto/keys.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { readTraceText } from '../../src/platform/trace-file.js';
import type { Aead, Ciphers, KeyType, RandomSource } from '../../src/ports.js';
import { recordedNode } from '../../src/replay/index.js';
import { captureOf } from '../../src/trace/export/capture.js';
import { parseTrace } from '../../src/trace/reader.js';
import { liveNode, temporaryFolder } from '../support/live-node.js';
import { addressOf, fetched, once, useAll } from './support/recorded.js';
import { findSecrets, type Secret } from './support/secret-scan.js';

/** Ports that remember every secret that passes them. */
class Eavesdropper {
  readonly secrets: Secret[] = [];

  keep(what: string, bytes: Uint8Array): Uint8Array {
    this.secrets.push({ what, bytes: bytes.slice() });
    return bytes;
  }

  get random(): RandomSource {
    return { bytes: (label, size) => this.keep(`random ${label}`, systemRandom.bytes(label, size)) };
  }

  get ciphers(): Ciphers {
    return {
      ...nodeCiphers,
      hash: (name, pieces) => nodeCiphers.hash(name, pieces),
      verify: (type, key, data, signature) => nodeCiphers.verify(type, key, data, signature),
      signer: (type: KeyType, privateKey) => {
        this.keep('private key', privateKey);
        const signer = nodeCiphers.signer(type, privateKey);
        return {
          ...signer,
          type,
          publicKey: signer.publicKey,
          sign: (data) => this.keep('signature', signer.sign(data)),
        };
      },
      hmac: (name, key) => nodeCiphers.hmac(name, this.keep('hmac key', key)),
      aesCtr: (key, iv) => {
        this.keep('aes iv', iv);
        const cipher = nodeCiphers.aesCtr(this.keep('aes key', key), iv);
        return { update: (bytes) => this.keep('aes output', cipher.update(bytes)) };
      },
      chacha20Poly1305: (key) => this.#aead(nodeCiphers.chacha20Poly1305(this.keep('chacha key', key))),
      aesGcm: (key) => this.#aead(nodeCiphers.aesGcm(this.keep('gcm key', key))),
      certificateSigner: (seed) => nodeCiphers.certificateSigner(this.keep('certificate seed', seed)),
      keyAgreement: (curve, seed) => {
        const agreement = nodeCiphers.keyAgreement(curve, this.keep('agreement seed', seed));
        return {
          publicKey: agreement.publicKey,
          sharedSecret: (remote) => {
            const secret = agreement.sharedSecret(remote);
            return secret === undefined ? undefined : this.keep('shared secret', secret);
          },
        };
      },
    };
  }

  #aead(aead: Aead): Aead {
    return {
      seal: (nonce, plaintext, data) => {
        for (const piece of plaintext) this.keep('sealed plaintext', piece);
        return aead.seal(nonce, plaintext, data);
      },
      open: (nonce, ciphertext, data) => {
        const opened = aead.open(nonce, ciphertext, data);
        return opened === undefined ? undefined : this.keep('opened plaintext', opened);
      },
    };
  }
}

/** What the wire says openly, and a redacted trace too: lines of negotiation, addresses, ids. */
const OPEN =
  /^(?:[\s\S]?\/(?:multistream|noise|tls|secio|plaintext|yamux|ipfs|echo|perf|libp2p)[\s\S]*|[\x20-\x7e\s]+)$/;
const isSecret = ({ what, bytes }: Secret): boolean =>
  // Frames of control and of negotiation tell no payload; identify tells what the trace tells by intent.
  !/plaintext|aes output/.test(what) || (!hasOpenText(bytes) && bytes.length >= 64);
const hasOpenText = (bytes: Uint8Array): boolean => {
  const text = Buffer.from(bytes).toString('latin1');
  return OPEN.test(text) || /\/(?:multistream|ipfs|ip4)\/|12D3Koo|swarmchart\//.test(text);
};

const payload = systemRandom.bytes('payload', 40_000);
const spoken = Buffer.from('a secret that one user tells another over echo, in plain words');

/** Echoes a secret through a stream. */
const tellSecret = async (node: Host, remote: Host): Promise<void> => {
  const stream = await node.openStream(remote.peerId, '/echo/1.0.0');
  const heard = firstValueFrom(
    stream.data$.pipe(
      tap((piece) => stream.consume(piece.length)),
      filter((piece) => piece.length > 0),
    ),
  );
  stream.write(spoken);
  await heard;
  await stream.close();
};

const scan = (text: string, ears: Eavesdropper, what: string): void => {
  const secrets = [
    ...ears.secrets.filter(isSecret),
    { what: 'the file', bytes: payload },
    { what: 'the words', bytes: spoken },
  ];
  // The ears have heard something, or they hear nothing at all.
  expect(secrets.length).toBeGreaterThanOrEqual(8);
  expect({ [what]: findSecrets(text, secrets) }).toEqual({ [what]: [] });
};

describe('the scan', () => {
  const secret = Buffer.from('f00dfacecafebeef0123456789abcdef42', 'hex');
  const found = (text: string): readonly string[] => findSecrets(text, [{ what: 'it', bytes: secret }]);

  test.each([
    ['raw', `x${secret.toString('latin1')}y`, 'as it is'],
    ['hex', `{"data":"00${secret.toString('hex')}"}`, 'in hex'],
    ['upper-case hex', secret.toString('hex').toUpperCase(), 'in hex'],
    ['a list of numbers', JSON.stringify([1, ...secret]), 'as numbers'],
    ...[0, 1, 2].map(
      (before) =>
        [
          `base64 behind ${before} bytes`,
          Buffer.concat([Buffer.alloc(before), secret]).toString('base64'),
          'in base64',
        ] as const,
    ),
    ['base64url', Buffer.concat([Buffer.of(1, 0xfb, 0xff), secret]).toString('base64url'), 'in base64'],
    ['a piece of it', secret.subarray(0, 16).toString('hex'), 'in hex'],
  ])('finds %s', (_, text, how) => {
    expect(found(text).join()).toContain(how);
  });

  test('finds nothing where nothing is', () => {
    expect(found(Buffer.from(secret).reverse().toString('hex'))).toEqual([]);
  });
});

describe.each<SecurityName>(['noise', 'tls', 'secio', 'plaintext'])('over %s', (security) => {
  const remoteWith = async (ears: Eavesdropper): Promise<{ remote: Host; cid: string }> => {
    const remote = await liveNode({ security: [security], ciphers: ears.ciphers, random: ears.random });
    const { cid } = await remote.add(once(payload));
    return { remote, cid: cid.toString() };
  };

  test('a recorded node, from its first moment', async () => {
    const ears = new Eavesdropper();
    const { remote, cid } = await remoteWith(ears);
    const { privateKeyProtobuf } = generateIdentity(nodeCiphers, ears.random);
    const lines: string[] = [];
    const { node, close } = await recordedNode({
      to: { write: (line) => void lines.push(line) },
      class: 'redacted',
      plaintext: true,
      listen: [],
      security: [security],
      privateKey: ears.keep('private key in its protobuf', privateKeyProtobuf),
      ciphers: ears.ciphers,
      random: ears.random,
    });
    await useAll(node, remote, cid);
    await tellSecret(node, remote);
    await close();
    const text = lines.join('');
    scan(text, ears, 'the trace');
    const capture = Buffer.concat([...captureOf(parseTrace(text))]);
    scan(capture.toString('latin1'), ears, 'the capture');
  });

  test('a running node, and its flight recorder', async () => {
    const ears = new Eavesdropper();
    const folder = temporaryFolder();
    const { remote, cid } = await remoteWith(ears);
    const node = await createNode({
      security: [security],
      ciphers: ears.ciphers,
      random: ears.random,
      flightRecorder: { folder },
    });
    const path = join(folder, 'running.trace.jsonl');
    const recording = node.record(path, { detail: 'digests' });
    await useAll(node, remote, cid);
    await tellSecret(node, remote);
    const failed = firstValueFrom(node.events$.pipe(filter(({ type }) => type === 'connection.failed')));
    const socket = connect({ host: '127.0.0.1', port: Number(/tcp\/(\d+)/.exec(addressOf(node))?.[1]) });
    socket.on('error', () => undefined);
    socket.write('SSH-2.0-OpenSSH_9.6 '.padEnd(100, '.'));
    await failed;
    socket.destroy();
    await recording.stop();
    await node.stop();
    const files = readdirSync(folder);
    expect(files).toHaveLength(2);
    for (const file of files) {
      const text = await readTraceText(join(folder, file));
      expect(parseTrace(text).records.length).toBeGreaterThan(50);
      scan(text, ears, file);
    }
  });

  test('the same scan finds them in a trace that is not redacted', async () => {
    const ears = new Eavesdropper();
    const { remote, cid } = await remoteWith(ears);
    const lines: string[] = [];
    const { node, close } = await recordedNode({
      to: { write: (line) => void lines.push(line) },
      class: 'full',
      unsafeIncludeSecrets: true,
      plaintext: true,
      listen: [],
      security: [security],
      ciphers: ears.ciphers,
      random: ears.random,
    });
    await node.dial(addressOf(remote));
    await fetched(node, cid);
    await tellSecret(node, remote);
    await close();
    const found = findSecrets(lines.join(''), [
      ...ears.secrets.filter(({ what }) => what.startsWith('random')),
      { what: 'the file', bytes: payload },
      { what: 'the words', bytes: spoken },
    ]);
    expect(found).toEqual(expect.arrayContaining(['the file, in hex', 'the words, in hex']));
    expect(found.some((what) => what.startsWith('random'))).toBe(true);
  });
});
