/** IPNS records: the vectors of the specification, records of Kubo, boxo and js-ipns of every key type, and forgeries. */
import { describe, expect, test } from '@jest/globals';
import { encode } from '@ipld/dag-cbor';
import { createIPNSRecord, marshalIPNSRecord, multihashToIPNSRoutingKey, unmarshalIPNSRecord } from 'ipns';
import { ipnsValidator as jsValidator } from 'ipns/validator';
import { privateKeyFromProtobuf } from '@libp2p/crypto/keys';
import type { Identity } from '../../src/crypto/identity.js';
import { routingKeyOf, parseIpnsName } from '../../src/crypto/ipns-name.js';
import {
  compareIpnsRecords,
  openIpnsRecord,
  readIpnsRecord,
  sealIpnsRecord,
  type IpnsDraft,
} from '../../src/crypto/ipns-record.js';
import { identityFromPrivateKey } from '../../src/crypto/keys.js';
import { portableCiphers } from '../../src/crypto/portable-ciphers.js';
import { LIMITS } from '../../src/limits.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import type { KeyType } from '../../src/ports.js';
import {
  decodeIpnsData,
  decodeIpnsEntry,
  encodeIpnsEntry,
  type IpnsEntry,
  type IpnsEntryV1,
} from '../../src/wire/ipns.js';
import { parseRfc3339 } from '../../src/wire/rfc3339.js';
import { concat, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';
import { privateKeyOf } from '../support/live-keys.js';
import { vectors } from '../support/vectors.js';

interface Vector {
  readonly name: string;
  readonly what: string;
  readonly record: string;
  readonly value?: string;
  readonly code?: string;
}
interface BoxoRecord {
  readonly type: KeyType;
  readonly privateKey: string;
  readonly peer: string;
  readonly name: string;
  readonly value: string;
  readonly validity: string;
  readonly ttlNanos: number;
  readonly sequence: number;
  readonly record: string;
  readonly recordV2: string;
}
const spec = vectors('ipns/gateway-conformance.json') as {
  readonly records: readonly Vector[];
  readonly kubo: { readonly records: readonly { readonly name: string; readonly record: string }[] };
};
const boxo = vectors('ipns/boxo.json') as { readonly records: readonly BoxoRecord[] };

/** The first of January 2026. */
const NOW = 1_767_225_600_000;
const HOUR = 3_600_000;
const ciphers = nodeCiphers;
const open = (peer: string, bytes: Uint8Array, now = NOW) => openIpnsRecord(ciphers, peer, bytes, now);
const identityOf = (type: KeyType): Identity => identityFromPrivateKey(ciphers, privateKeyOf(type));
const TYPES: readonly KeyType[] = ['Ed25519', 'RSA', 'Secp256k1', 'ECDSA'];

describe.each([
  { name: 'node', ciphers: nodeCiphers },
  { name: 'portable', ciphers: portableCiphers },
])('the vectors of the specification, by $name ciphers', ({ ciphers: by }) => {
  test.each(spec.records)('$what', ({ name, record, value, code }) => {
    const run = () => openIpnsRecord(by, parseIpnsName(name), hex(record), NOW);
    if (code === undefined) expect(run().value).toBe(value);
    else expect(thrownCode(run)).toBe(code);
  });
});

test.each(spec.kubo.records)('what Kubo published under $name holds', ({ name, record }) => {
  expect(open(parseIpnsName(name), hex(record)).value).toMatch(/^\/ipfs\/ba/);
});

describe.each(boxo.records)('a record of boxo with a key of type $type', (made) => {
  const identity = identityFromPrivateKey(ciphers, hex(made.privateKey));

  test('holds, in both versions and in the second alone', () => {
    expect(identity.peerId).toBe(made.peer);
    const expected = { value: made.value, ttlMs: 300_000, validUntilNanos: parseRfc3339(made.validity) };
    expect(open(made.peer, hex(made.record))).toMatchObject({ ...expected, sequence: BigInt(made.sequence) });
    expect(open(made.peer, hex(made.recordV2))).toMatchObject({ ...expected, sequence: (1n << 53n) + 1n });
  });

  test('has the parts that ours has', () => {
    const draft = { value: made.value, sequence: 7n, validUntilMs: 4_922_910_245_000, ttlMs: 300_000 };
    for (const v2Only of [false, true]) {
      const theirs = decodeIpnsEntry(hex(v2Only ? made.recordV2 : made.record));
      const ours = decodeIpnsEntry(sealIpnsRecord(identity, { ...draft, v2Only }));
      expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
      expect(toHex(ours.publicKey ?? hex(''))).toBe(toHex(theirs.publicKey ?? hex('')));
    }
  });
});

describe('boxo, of what we write', () => {
  interface Judged {
    readonly value: string;
    readonly sequence: string;
    readonly validUntilMs: number;
    readonly ttlMs: number;
    readonly v2Only?: boolean;
    readonly record: string;
    readonly boxo: {
      readonly error: string | null;
      readonly value: string;
      readonly ttl: number;
      readonly validity: string;
    };
  }
  const { names } = vectors('ipns/judged-by-boxo.json') as {
    readonly names: readonly {
      readonly name: string;
      readonly selected: number;
      readonly records: readonly Judged[];
    }[];
  };
  const cases = names.flatMap(({ name, records }) => records.map((record) => ({ name, ...record })));

  test.each(cases)(
    '$name -> $value, sequence $sequence: it is what it judged',
    ({ name, record, boxo: said, ...draft }) => {
      const made = boxo.records.find((one) => one.name === name);
      const identity = identityFromPrivateKey(ciphers, hex(made?.privateKey ?? ''));
      expect(toHex(sealIpnsRecord(identity, { ...draft, sequence: BigInt(draft.sequence) }))).toBe(record);
      expect(readIpnsRecord(hex(record))).toMatchObject({
        value: said.value,
        ttlMs: said.ttl / 1_000_000,
        validUntilNanos: parseRfc3339(said.validity),
      });
      const run = () => open(identity.peerId, hex(record));
      if (said.error === null) expect(run().value).toBe(said.value);
      else expect([said.error, thrownCode(run)]).toEqual(['record is expired', 'ERR_IPNS_EXPIRED']);
    },
  );

  test.each(names)('of all records of $name, it selects the one that we select', ({ records, selected }) => {
    const all = records.map(({ record }) => ({ record: readIpnsRecord(hex(record)), bytes: hex(record) }));
    const best = all.reduce((best, one) => (compareIpnsRecords(one, best) > 0 ? one : best));
    expect(all.indexOf(best)).toBe(selected);
  });
});

describe('js-ipns', () => {
  // It makes no name of an ECDSA key.
  const types = TYPES.filter((type) => type !== 'ECDSA');
  const value = '/ipfs/bafkqaddwgevxmmraojswg33smq/a';

  test.each(types.flatMap((type) => [true, false].map((v1Compatible) => ({ type, v1Compatible }))))(
    'what it writes with a key of type $type (v1: $v1Compatible), we read',
    async ({ type, v1Compatible }) => {
      const identity = identityOf(type);
      const key = privateKeyFromProtobuf(privateKeyOf(type));
      const record = await createIPNSRecord(key, value, 3n, HOUR, {
        ttlNs: 5_000_000n,
        v1Compatible: v1Compatible,
      });
      const bytes = marshalIPNSRecord(record);
      const wallTime = (readIpnsRecord(bytes).validUntilMs ?? 0) - HOUR;
      expect(open(identity.peerId, bytes, wallTime)).toMatchObject({ value, sequence: 3n, ttlMs: 5 });
      // And what it writes we would write: the data are the same to the byte.
      const validUntilMs = Number(readIpnsRecord(bytes).validUntilNanos / 1_000_000n);
      const ours = decodeIpnsEntry(
        sealIpnsRecord(identity, { value, sequence: 3n, ttlMs: 5, validUntilMs, v2Only: !v1Compatible }),
      );
      const theirs = decodeIpnsEntry(bytes);
      expect(decodeIpnsData(ours.data)).toEqual({
        ...decodeIpnsData(theirs.data),
        validity: decodeIpnsData(ours.data).validity,
      });
      expect(ours.data.length).toBe(theirs.data.length);
    },
  );

  test.each(types.flatMap((type) => [true, false].map((v2Only) => ({ type, v2Only }))))(
    'what we write with a key of type $type (v2 only: $v2Only), it reads',
    async ({ type, v2Only }) => {
      const identity = identityOf(type);
      const draft = { value, sequence: 12n, validUntilMs: Date.now() + HOUR, ttlMs: 1000, v2Only };
      const bytes = sealIpnsRecord(identity, draft);
      const key = privateKeyFromProtobuf(privateKeyOf(type));
      const routingKey = multihashToIPNSRoutingKey(key.publicKey.toMultihash());
      expect(toHex(routingKey)).toBe(toHex(routingKeyOf('ipns', identity.peerId)));
      await jsValidator(routingKey, bytes);
      const read = unmarshalIPNSRecord(bytes);
      expect({ value: read.value, sequence: read.sequence, ttl: read.ttl }).toEqual({
        value,
        sequence: 12n,
        ttl: 1_000_000_000n,
      });
      expect('signatureV1' in read).toBe(!v2Only);
    },
  );
});

const alice = identityOf('Ed25519');
const DRAFT: IpnsDraft = { value: '/ipfs/bafkqaaa', sequence: 1n, validUntilMs: NOW + HOUR, ttlMs: 60_000 };

describe('sealed and opened', () => {
  test.each(TYPES.flatMap((type) => [false, true].map((v2Only) => ({ type, v2Only }))))(
    'with a key of type $type (v2 only: $v2Only)',
    ({ type, v2Only }) => {
      const identity = identityOf(type);
      const bytes = sealIpnsRecord(identity, { ...DRAFT, v2Only });
      expect(open(identity.peerId, bytes)).toEqual({
        value: '/ipfs/bafkqaaa',
        sequence: 1n,
        validUntilNanos: BigInt(NOW + HOUR) * 1_000_000n,
        validUntilMs: NOW + HOUR,
        ttlMs: 60_000,
      });
      const { publicKey, v1 } = decodeIpnsEntry(bytes);
      expect(publicKey !== undefined).toBe(type === 'RSA' || type === 'ECDSA');
      expect(v1 === undefined).toBe(v2Only);
      if (v1 === undefined) return;
      // Readers of old verify this one: value, validity and the name of the validity type.
      const signed = concat(v1.value, v1.validity, utf8('EOL'));
      expect(ciphers.verify(type, identity.signer.publicKey, signed, v1.signature)).toBe(true);
    },
  );

  test('until the moment at which it ends, and not in it', () => {
    const bytes = sealIpnsRecord(alice, DRAFT);
    expect(open(alice.peerId, bytes, NOW + HOUR - 1).sequence).toBe(1n);
    expect(thrownCode(() => open(alice.peerId, bytes, NOW + HOUR))).toBe('ERR_IPNS_EXPIRED');
    expect(thrownCode(() => open(alice.peerId, bytes, NOW + 100 * 365 * 24 * HOUR))).toBe('ERR_IPNS_EXPIRED');
    // A clock that stands before the time at which it was made is no reason to refuse it.
    expect(open(alice.peerId, bytes, 0).sequence).toBe(1n);
  });

  test('with the end of the format, and the largest sequence that go reads', () => {
    const validUntilMs = 253_402_300_799_999;
    const bytes = sealIpnsRecord(alice, { ...DRAFT, validUntilMs, sequence: (1n << 63n) - 1n, ttlMs: 0 });
    expect(open(alice.peerId, bytes)).toMatchObject({ validUntilMs, sequence: (1n << 63n) - 1n, ttlMs: 0 });
  });

  test.each([
    { name: 'a sequence of 64 bits', draft: { sequence: 1n << 63n } },
    { name: 'a sequence below 0', draft: { sequence: -1n } },
    { name: 'an end in the year 10000', draft: { validUntilMs: 253_402_300_800_000 } },
    { name: 'no end', draft: { validUntilMs: Infinity } },
    { name: 'a TTL below 0', draft: { ttlMs: -1 } },
    { name: 'a TTL that is none', draft: { ttlMs: NaN } },
    { name: 'a TTL without end', draft: { ttlMs: Infinity } },
    { name: 'a TTL of 64 bits', draft: { ttlMs: 2 ** 63 / 1e6 + 1 } },
  ])('never with $name', ({ draft }) => {
    expect(thrownCode(() => sealIpnsRecord(alice, { ...DRAFT, ...draft }))).toBe('ERR_INVALID_ARGUMENT');
  });

  test('with as many bytes as the limit, and no more', () => {
    const sized = (chars: number) =>
      sealIpnsRecord(alice, { ...DRAFT, value: `/ipfs/${'a'.repeat(chars)}`, v2Only: true });
    const chars = LIMITS.ipnsRecordBytes - (sized(9000).length - 9000);
    expect(sized(chars).length).toBe(10_240);
    expect(open(alice.peerId, sized(chars)).value.length).toBe(chars + 6);
    expect(thrownCode(() => sized(chars + 1))).toBe('ERR_IPNS_TOO_LARGE');
  });
});

describe('refused', () => {
  const mallory = identityOf('Secp256k1');
  const whole = decodeIpnsEntry(sealIpnsRecord(alice, DRAFT));
  const changed = (parts: Partial<IpnsEntry>): Uint8Array => encodeIpnsEntry({ ...whole, ...parts });
  const v1 = (parts: Partial<IpnsEntryV1>): Uint8Array => changed({ v1: { ...(whole.v1 as IpnsEntryV1), ...parts } });
  const signed = (data: Uint8Array): Uint8Array =>
    encodeIpnsEntry({ data, signatureV2: alice.signer.sign(concat(utf8('ipns-signature:'), data)) });
  const fields = {
    TTL: 1,
    Value: utf8('/ipfs/bafkqaaa'),
    Sequence: 1,
    Validity: utf8('2030-01-01T00:00:00Z'),
    ValidityType: 0,
  };
  const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
    bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));

  test('is not what it should not be: the same with nothing changed', () => {
    expect(open(alice.peerId, changed({})).value).toBe('/ipfs/bafkqaaa');
    expect(open(alice.peerId, signed(encode(fields))).value).toBe('/ipfs/bafkqaaa');
    expect(open(alice.peerId, changed({ publicKey: alice.publicKeyProtobuf })).sequence).toBe(1n);
    expect(open(alice.peerId, v1({ signature: utf8('garbage') })).sequence).toBe(1n);
    expect(open(alice.peerId, signed(encode({ ...fields, _more: 1 }))).ttlMs).toBe(0);
    expect(open(alice.peerId, changed({ publicKey: new Uint8Array(0) })).sequence).toBe(1n);
  });

  test.each([
    { name: 'no bytes', bytes: new Uint8Array(0), code: 'ERR_IPNS_BAD_RECORD' },
    { name: 'no protobuf', bytes: utf8('bad data'), code: 'ERR_IPNS_BAD_RECORD' },
    { name: 'over 10 KiB', bytes: changed({ publicKey: new Uint8Array(10_240) }), code: 'ERR_IPNS_TOO_LARGE' },
    { name: 'no signature of version 2', bytes: changed({ signatureV2: hex('') }), code: 'ERR_IPNS_BAD_RECORD' },
    { name: 'no data', bytes: changed({ data: hex('') }), code: 'ERR_IPNS_BAD_RECORD' },
    {
      name: 'data that were changed',
      bytes: changed({ data: flipped(whole.data, 25) }),
      code: 'ERR_IPNS_BAD_SIGNATURE',
    },
    {
      name: 'a signature that was changed',
      bytes: changed({ signatureV2: flipped(whole.signatureV2, 3) }),
      code: 'ERR_IPNS_BAD_SIGNATURE',
    },
    {
      name: 'a signature without its prefix',
      bytes: changed({ signatureV2: alice.signer.sign(whole.data) }),
      code: 'ERR_IPNS_BAD_SIGNATURE',
    },
    {
      name: 'the signature of version 1 in place of the second',
      bytes: changed({ signatureV2: whole.v1?.signature ?? hex('') }),
      code: 'ERR_IPNS_BAD_SIGNATURE',
    },
    {
      name: "another key's signature under the right name",
      bytes: changed({ signatureV2: mallory.signer.sign(concat(utf8('ipns-signature:'), whole.data)) }),
      code: 'ERR_IPNS_BAD_SIGNATURE',
    },
    { name: "another's whole record", bytes: sealIpnsRecord(mallory, DRAFT), code: 'ERR_IPNS_BAD_SIGNATURE' },
    {
      name: "another's whole record with its key",
      bytes: encodeIpnsEntry({
        ...decodeIpnsEntry(sealIpnsRecord(mallory, DRAFT)),
        publicKey: mallory.publicKeyProtobuf,
      }),
      code: 'ERR_IPNS_BAD_KEY',
    },
    {
      name: 'a key that is none',
      bytes: changed({ publicKey: utf8('probably no public key') }),
      code: 'ERR_IPNS_BAD_KEY',
    },
    { name: 'another value in version 1', bytes: v1({ value: utf8('/ipfs/bafkqaab') }), code: 'ERR_IPNS_BAD_RECORD' },
    { name: 'no value in version 1', bytes: v1({ value: hex('') }), code: 'ERR_IPNS_BAD_RECORD' },
    {
      name: 'a value in version 1 alone of it',
      bytes: v1({ signature: hex(''), sequence: 9n }),
      code: 'ERR_IPNS_BAD_RECORD',
    },
    {
      name: 'another validity in version 1',
      bytes: v1({ validity: utf8('2031-01-01T00:00:00Z') }),
      code: 'ERR_IPNS_BAD_RECORD',
    },
    { name: 'another validity type in version 1', bytes: v1({ validityType: 1 }), code: 'ERR_IPNS_BAD_RECORD' },
    { name: 'another sequence in version 1', bytes: v1({ sequence: 2n }), code: 'ERR_IPNS_BAD_RECORD' },
    { name: 'another TTL in version 1', bytes: v1({ ttlNanos: 2n }), code: 'ERR_IPNS_BAD_RECORD' },
    {
      name: 'a validity type that nobody knows',
      bytes: signed(encode({ ...fields, ValidityType: 1 })),
      code: 'ERR_IPNS_BAD_RECORD',
    },
    {
      name: 'a validity that is no time',
      bytes: signed(encode({ ...fields, Validity: utf8('tomorrow') })),
      code: 'ERR_IPNS_BAD_RECORD',
    },
    { name: 'a TTL below 0', bytes: signed(encode({ ...fields, TTL: -60_000_000_000 })), code: 'ERR_IPNS_BAD_RECORD' },
    {
      name: 'no sequence',
      bytes: signed(encode({ Value: fields.Value, Validity: fields.Validity, ValidityType: 0 })),
      code: 'ERR_IPNS_BAD_RECORD',
    },
    {
      name: 'an end that is over',
      bytes: signed(encode({ ...fields, Validity: utf8('2025-12-31T23:59:59.999999999Z') })),
      code: 'ERR_IPNS_EXPIRED',
    },
  ])('$name', ({ bytes, code }) => {
    expect(thrownCode(() => open(alice.peerId, bytes))).toBe(code);
  });

  test('a record without its key under a name that does not hold it', () => {
    const rsa = identityOf('RSA');
    const { data, signatureV2 } = decodeIpnsEntry(sealIpnsRecord(rsa, DRAFT));
    expect(thrownCode(() => open(rsa.peerId, encodeIpnsEntry({ data, signatureV2 })))).toBe('ERR_IPNS_BAD_KEY');
  });

  test('with blame on who sent it', () => {
    for (const bytes of [utf8('bad data'), changed({ signatureV2: hex('00') }), sealIpnsRecord(mallory, DRAFT)]) {
      try {
        open(alice.peerId, bytes);
        throw new Error('it was taken');
      } catch (thrown) {
        expect((thrown as { blame?: string }).blame).toBe('remote');
      }
    }
  });
});

/** The order of boxo's TestOrdering (ipns/validation_test.go): by sequence, then by end. */
test('a higher sequence wins, then a later end, then the larger bytes', () => {
  const at = (sequence: bigint, hours: number, value = '/ipfs/bafkqaaa') => {
    const bytes = sealIpnsRecord(alice, { ...DRAFT, value, sequence, validUntilMs: NOW + hours * HOUR });
    return { record: readIpnsRecord(bytes), bytes };
  };
  const rising = [at(1n, 1), at(2n, 1), at(3n, 1), at(3n, 2), at(4n, 1), at(1n << 60n, 1)];
  for (const [index, left] of rising.entries()) {
    for (const [other, right] of rising.entries()) {
      expect([index, other, Math.sign(compareIpnsRecords(left, right))]).toEqual([
        index,
        other,
        Math.sign(index - other),
      ]);
    }
  }
  const [one, two] = [at(1n, 1, '/ipfs/bafkqaaa'), at(1n, 1, '/ipfs/bafkqaab')];
  expect(Math.sign(compareIpnsRecords(one, two))).toBe(Buffer.compare(one.bytes, two.bytes));
  expect(Math.sign(compareIpnsRecords(two, one))).toBe(Buffer.compare(two.bytes, one.bytes));
});
