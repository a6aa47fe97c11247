/**
 * Captured handshakes with js-libp2p, made again: with our keys as they were, our half of each is the same byte for
 * byte, and what js-libp2p answered then is accepted now.
 */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Role } from '../../../../src/actors/connection/security.js';
import { identityFromPrivateKey } from '../../../../src/crypto/keys.js';
import { nodeCiphers } from '../../../../src/platform/node-ciphers.js';
import type { RandomSource } from '../../../../src/ports.js';
import { hex, toHex, utf8 } from '../../../support/decoding.js';
import { cutAt, NoiseSide } from '../../../support/noise-side.js';

interface Captured {
  readonly name: string;
  readonly role: Role;
  readonly ours: {
    readonly private_key: string;
    readonly static_key: string;
    readonly ephemeral_key: string;
    readonly muxers: readonly string[];
    readonly says: string;
  };
  readonly theirs: { readonly peer: string; readonly public_key: string; readonly says: string };
  readonly muxer: string | null;
  readonly wire: readonly { readonly from: 'ours' | 'theirs'; readonly bytes: string }[];
}

const file = new URL('../../../vectors/noise/js-libp2p-handshakes.json', import.meta.url);
const { handshakes } = JSON.parse(readFileSync(file, 'utf8')) as { handshakes: readonly Captured[] };

/** The two draws of a handshake, as they were. */
function drawsOf({ ours }: Captured): RandomSource {
  const draws: Readonly<Record<string, string>> = {
    'noise.static': ours.static_key,
    'noise.ephemeral': ours.ephemeral_key,
  };
  return { bytes: (label) => hex(draws[label] ?? '') };
}

describe.each(handshakes)('$name', (captured) => {
  test.each([1, 5, 100_000])('in chunks of %i', (size) => {
    const side = new NoiseSide(captured.role, {
      identity: identityFromPrivateKey(nodeCiphers, hex(captured.ours.private_key)),
      random: drawsOf(captured),
      expectedPeer: captured.theirs.peer,
      muxers: captured.ours.muxers,
      onSecured: (secured) => secured.say(utf8(captured.ours.says)),
    }).start();
    for (const { from, bytes } of captured.wire) {
      if (from === 'ours') expect(toHex(side.takeWire())).toBe(bytes);
      else for (const chunk of cutAt(size)(hex(bytes))) side.hear(chunk);
    }
    expect(side.secured).toMatchObject({
      remotePeer: captured.theirs.peer,
      remotePublicKeyProtobuf: hex(captured.theirs.public_key),
    });
    expect(side.secured?.muxer ?? null).toBe(captured.muxer);
    expect(side.takePlaintext()).toEqual(utf8(captured.theirs.says));
    expect([side.failed, side.broken, toHex(side.takeWire())]).toEqual([undefined, [], '']);
  });
});

test('the captured set has both roles, with and without an early muxer, and each key type', () => {
  const kinds = handshakes.map(({ role, muxer }) => `${role}, ${muxer ?? 'no muxer'}`);
  expect(kinds.sort()).toEqual([
    'dialer, /yamux/1.0.0',
    'dialer, no muxer',
    'listener, /yamux/1.0.0',
    'listener, no muxer',
  ]);
  // A key's protobuf begins with its type: RSA 0, Ed25519 1, secp256k1 2.
  const types = new Set(
    handshakes.flatMap(({ ours, theirs }) => [ours.private_key.slice(0, 4), theirs.public_key.slice(0, 4)]),
  );
  expect([...types].sort()).toEqual(['0800', '0801', '0802']);
});
