/** What the validators take, refuse and prefer, through the map that a router asks. */
import { describe, expect, test } from '@jest/globals';
import { routingKeyOf, type KeyNamespace } from '../../../src/crypto/ipns-name.js';
import { sealIpnsRecord } from '../../../src/crypto/ipns-record.js';
import { identityFromPrivateKey } from '../../../src/crypto/keys.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import type { KeyType } from '../../../src/ports.js';
import type { ValueValidator } from '../../../src/routing/router.js';
import { ipnsValidator, pkValidator, validatorFor, valueValidators } from '../../../src/routing/validators/index.js';
import { concat, hex, thrownCode, utf8 } from '../../support/decoding.js';
import { privateKeyOf } from '../../support/live-keys.js';

const TYPES: readonly KeyType[] = ['Ed25519', 'RSA', 'Secp256k1', 'ECDSA'];
const NOW = 1_767_225_600_000;
let now = NOW;
const validators = valueValidators({ ciphers: nodeCiphers, wallTime: () => now });
const identityOf = (type: KeyType) => identityFromPrivateKey(nodeCiphers, privateKeyOf(type));
const keyOf = (namespace: KeyNamespace, type: KeyType) => routingKeyOf(namespace, identityOf(type).peerId);
const recordOf = (type: KeyType, sequence: bigint, validUntilMs = NOW + 1000) =>
  sealIpnsRecord(identityOf(type), { value: '/ipfs/bafkqaaa', sequence, validUntilMs, ttlMs: 0 });

/** What the validator of the key says: `valid`, or a code. */
function judged(key: Uint8Array, value: Uint8Array): string {
  return thrownCode(() => {
    validatorFor(validators, key).validate(key, value);
  }).replace('nothing was thrown', 'valid');
}

describe('ipns', () => {
  const key = keyOf('ipns', 'Ed25519');

  test.each(TYPES)('takes a record by a key of type %s under its name', (type) => {
    expect(judged(keyOf('ipns', type), recordOf(type, 1n))).toBe('valid');
  });

  test.each([
    { name: "another's record", value: recordOf('Secp256k1', 1n), code: 'ERR_IPNS_BAD_SIGNATURE' },
    { name: "another's record with its key", value: recordOf('RSA', 1n), code: 'ERR_IPNS_BAD_KEY' },
    { name: 'no record', value: utf8('bad data'), code: 'ERR_IPNS_BAD_RECORD' },
    { name: 'a record that is over', value: recordOf('Ed25519', 1n, NOW), code: 'ERR_IPNS_EXPIRED' },
    { name: 'too large a record', value: new Uint8Array(10_241), code: 'ERR_IPNS_TOO_LARGE' },
  ])('refuses $name', ({ value, code }) => {
    expect(judged(key, value)).toBe(code);
  });

  test('refuses a key that is no name', () => {
    expect(judged(utf8('/ipns/bad key'), recordOf('Ed25519', 1n))).toBe('ERR_PEER_ID_INVALID');
  });

  test('asks the clock each time', () => {
    const record = recordOf('Ed25519', 1n);
    const seen = [0, 999, 1000, -100_000].map((afterMs) => {
      now = NOW + afterMs;
      return judged(key, record);
    });
    now = NOW;
    expect(seen).toEqual(['valid', 'valid', 'ERR_IPNS_EXPIRED', 'valid']);
  });

  test('has a bound of its own where it is given one', () => {
    const record = recordOf('Ed25519', 1n);
    const bounded = (ipnsRecordBytes: number) =>
      ipnsValidator({ ciphers: nodeCiphers, wallTime: () => NOW, limits: { ipnsRecordBytes } });
    expect(thrownCode(() => bounded(record.length).validate(key, record))).toBe('nothing was thrown');
    expect(thrownCode(() => bounded(record.length - 1).validate(key, record))).toBe('ERR_IPNS_TOO_LARGE');
  });

  const [old, newer, longer] = [recordOf('Ed25519', 1n), recordOf('Ed25519', 2n), recordOf('Ed25519', 2n, NOW + 2000)];
  test.each([
    { name: 'the only one', values: [old], best: 0 },
    { name: 'the higher sequence', values: [old, newer], best: 1 },
    { name: 'the later end', values: [longer, newer, old], best: 0 },
    { name: 'the first among equals', values: [old, newer, newer], best: 1 },
    { name: 'anything before what does not decode', values: [utf8('x'), old], best: 1 },
    { name: 'the first where none decodes', values: [utf8('x'), utf8('y')], best: 0 },
  ])('selects $name', ({ values, best }) => {
    expect(validatorFor(validators, key).select(key, values)).toBe(best);
  });
});

describe('pk', () => {
  test.each(TYPES)('takes the public key of type %s under its hash, and no other', (type) => {
    const { publicKeyProtobuf } = identityOf(type);
    expect(judged(keyOf('pk', type), publicKeyProtobuf)).toBe('valid');
    const other = keyOf('pk', type === 'RSA' ? 'ECDSA' : 'RSA');
    expect(judged(other, publicKeyProtobuf)).toBe('ERR_PK_MISMATCH');
  });

  const { publicKeyProtobuf } = identityOf('RSA');
  test.each([
    { name: 'no bytes', value: new Uint8Array(0) },
    { name: 'no key', value: utf8('probably no public key') },
    {
      name: 'a key with its last byte changed',
      value: publicKeyProtobuf.map((byte, at) => (at < 290 ? byte : byte ^ 1)),
    },
    { name: 'a megabyte', value: new Uint8Array(1024 * 1024) },
  ])('refuses $name', ({ value }) => {
    expect(judged(keyOf('pk', 'RSA'), value)).toBe('ERR_PK_MISMATCH');
  });

  test('refuses a key that names no peer', () => {
    expect(judged(concat(utf8('/pk/'), hex('1220')), publicKeyProtobuf)).toBe('ERR_PEER_ID_INVALID');
  });

  test('selects the first: all that are valid are the same', () => {
    expect(pkValidator.select(keyOf('pk', 'RSA'), [publicKeyProtobuf, publicKeyProtobuf])).toBe(0);
  });
});

describe('the map', () => {
  test.each(['/v/hello', 'hello', '', '/', '//x', '/IPNS/x', '/ipnsx/y', `/${'n'.repeat(10_000)}/x`])(
    'has no validator for %p',
    (key) => {
      expect(thrownCode(() => validatorFor(validators, utf8(key)))).toBe('ERR_VALUE_NAMESPACE');
    },
  );

  test('takes more namespaces', () => {
    const any: ValueValidator = { validate: () => undefined, select: () => 0 };
    const more = valueValidators({ ciphers: nodeCiphers, wallTime: () => NOW }, { v: any });
    expect([...more.keys()]).toEqual(['pk', 'ipns', 'v']);
    expect(validatorFor(more, utf8('/v/hello'))).toBe(any);
  });

  test.each(['ipns', 'pk'] as const)('%s selects from something, not from nothing', (namespace) => {
    const key = keyOf(namespace, 'RSA');
    expect(thrownCode(() => validatorFor(validators, key).select(key, []))).toBe('ERR_INVALID_ARGUMENT');
  });
});
