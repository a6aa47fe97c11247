/**
 * Ed25519 public keys that nobody can hold honestly. Libraries disagree about them (OpenSSL changed its mind between
 * Node 20 and 24), so they are judged here, before any library is asked.
 */
import { sameBytes } from './private-keys.js';

const KEY_BYTES = 32;

/** Encoded y of the points of order 1, 2, 4 and 8, without the sign of x. */
const LOW_ORDER: readonly Uint8Array[] = [
  fromHex(`01${'00'.repeat(31)}`),
  fromHex(`ec${'ff'.repeat(30)}7f`),
  fromHex('00'.repeat(32)),
  fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
  fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'),
];

/**
 * Whether bytes are of the right length, encode y in the one way there is (below 2^255 - 19), and do not stand for a point
 * of low order, under which anybody can sign anything. Whether they are a point at all is not asked.
 */
export function isUsableEd25519Key(publicKey: Uint8Array): boolean {
  if (publicKey.length !== KEY_BYTES) return false;
  const y = publicKey.slice();
  y[KEY_BYTES - 1] = (y[KEY_BYTES - 1] ?? 0) & 0x7f;
  return !isAboveField(y) && !LOW_ORDER.some((point) => sameBytes(point, y));
}

/** Whether little-endian y without its sign is 2^255 - 19 or more. */
function isAboveField(y: Uint8Array): boolean {
  return (
    (y[0] ?? 0) >= 0xed && y[KEY_BYTES - 1] === 0x7f && y.subarray(1, KEY_BYTES - 1).every((byte) => byte === 0xff)
  );
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, index) =>
    Number.parseInt(text.slice(2 * index, 2 * index + 2), 16),
  );
}
