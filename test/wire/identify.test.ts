import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { LIMITS } from '../../src/limits.js';
import { decodeIdentify, encodeIdentify, type IdentifyMessage } from '../../src/wire/identify.js';
import { decodeVarintPrefixed } from '../../src/wire/length-prefixed.js';
import { concat, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';

interface Captured {
  readonly name: string;
  readonly source: string;
  readonly peer: string;
  readonly messages: number;
  readonly hex: string;
  readonly fields: Omit<IdentifyMessage, 'publicKey' | 'signedPeerRecord'> & {
    readonly publicKey: string;
    readonly signedPeerRecord: string;
  };
}
const captured = JSON.parse(
  readFileSync(new URL('../vectors/identify/captured.json', import.meta.url), 'utf8'),
) as readonly Captured[];

/** The messages of a stream, without their length prefixes. */
function split(bytes: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const decoded = decodeVarintPrefixed(bytes, LIMITS.identifyMessageBytes, at)!;
    messages.push(decoded.value);
    at += decoded.size;
  }
  return messages;
}

/** A length-delimited field. */
const field = (number: number, value: Uint8Array): Uint8Array => {
  const size = value.length < 128 ? [value.length] : [(value.length & 0x7f) | 0x80, value.length >> 7];
  return concat(Uint8Array.of((number << 3) | 2, ...size), value);
};

describe('what others send', () => {
  test.each(captured)('$name: $source', ({ hex: bytes, messages, fields }) => {
    const bodies = split(hex(bytes));
    expect(bodies.length).toBe(messages);
    expect(decodeIdentify(bodies)).toEqual({
      ...fields,
      publicKey: hex(fields.publicKey),
      signedPeerRecord: hex(fields.signedPeerRecord),
    });
  });

  test('what is read is a copy: the chunk may go', () => {
    const bytes = hex(captured[0]!.hex);
    const message = decodeIdentify(split(bytes));
    bytes.fill(0);
    expect(toHex(message.publicKey!)).toBe(captured[0]!.fields.publicKey);
    expect(toHex(message.signedPeerRecord!)).toBe(captured[0]!.fields.signedPeerRecord);
  });
});

describe('reading', () => {
  const ip4 = hex('04 7f000001 06 0fa1');
  const cases: { name: string; messages: Uint8Array[]; value: IdentifyMessage }[] = [
    { name: 'nothing', messages: [], value: { listenAddresses: [], protocols: [] } },
    { name: 'an empty message', messages: [hex('')], value: { listenAddresses: [], protocols: [] } },
    {
      name: 'fields that nobody knows are skipped',
      messages: [concat(hex('3807'), field(15, utf8('x')), field(3, utf8('/a')))],
      value: { listenAddresses: [], protocols: ['/a'] },
    },
    {
      name: 'addresses that are none are left out',
      messages: [concat(field(2, hex('ffff')), field(2, ip4), field(2, hex('')), field(4, hex('04 7f')))],
      value: { listenAddresses: ['/ip4/127.0.0.1/tcp/4001'], protocols: [] },
    },
    {
      name: 'several messages: the last single field wins, lists are joined',
      messages: [
        concat(field(6, utf8('old')), field(3, utf8('/a')), field(5, utf8('one'))),
        concat(field(6, utf8('new')), field(3, utf8('/b')), field(2, ip4)),
      ],
      value: {
        agentVersion: 'new',
        protocolVersion: 'one',
        protocols: ['/a', '/b'],
        listenAddresses: ['/ip4/127.0.0.1/tcp/4001'],
      },
    },
  ];
  test.each(cases)('$name', ({ messages, value }) => {
    expect(decodeIdentify(messages)).toEqual(value);
  });

  test.each([
    { name: 'a field cut short', bytes: '0a 05 01' },
    { name: 'a number where bytes are due', bytes: '08 01' },
    { name: 'a group', bytes: '13 14' },
    { name: 'garbage', bytes: 'ff ff ff ff' },
  ])('$name -> ERR_WIRE_PROTOBUF', ({ bytes }) => {
    expect(thrownCode(() => decodeIdentify([hex(bytes)]))).toBe('ERR_WIRE_PROTOBUF');
  });

  test('what is over a bound is left out, what is at it stays', () => {
    const { identifyProtocols, identifyAddresses, identifyTextBytes } = LIMITS;
    const repeat = (count: number, bytes: Uint8Array): Uint8Array =>
      concat(...Array.from({ length: count }, () => bytes));
    const read = (bytes: Uint8Array): IdentifyMessage => decodeIdentify([bytes]);
    for (const extra of [0, 1]) {
      expect(read(repeat(identifyProtocols + extra, field(3, utf8('/a')))).protocols.length).toBe(identifyProtocols);
      expect(read(repeat(identifyAddresses + extra, field(2, ip4))).listenAddresses.length).toBe(identifyAddresses);
      const text = 'x'.repeat(identifyTextBytes + extra);
      const kept = extra === 0 ? text : undefined;
      expect(read(field(6, utf8(text))).agentVersion).toBe(kept);
      expect(read(field(5, utf8(text))).protocolVersion).toBe(kept);
      expect(read(field(3, utf8(text))).protocols).toEqual(extra === 0 ? [text] : []);
    }
  });

  test('random bytes are an answer or ERR_WIRE_PROTOBUF', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 3 }), (messages) => {
        expect(['nothing was thrown', 'ERR_WIRE_PROTOBUF']).toContain(thrownCode(() => decodeIdentify(messages)));
      }),
    );
  });
});

describe('writing', () => {
  const own: IdentifyMessage = {
    publicKey: hex(captured[0]!.fields.publicKey),
    observedAddress: '/ip4/192.0.2.7/tcp/51000',
    protocolVersion: 'ipfs/0.1.0',
    agentVersion: 'swarmchart/0.1.0',
    protocols: ['/ipfs/id/1.0.0', '/ipfs/ping/1.0.0'],
    listenAddresses: ['/ip4/127.0.0.1/tcp/4001', '/ip6/::1/tcp/4001'],
  };

  test("the bytes are the spec's fields", () => {
    const body = concat(
      field(1, own.publicKey!),
      field(4, hex('04 c0000207 06 c738')),
      field(5, utf8('ipfs/0.1.0')),
      field(6, utf8('swarmchart/0.1.0')),
      field(3, utf8('/ipfs/id/1.0.0')),
      field(3, utf8('/ipfs/ping/1.0.0')),
      field(2, hex('04 7f000001 06 0fa1')),
      field(2, hex('29 00000000000000000000000000000001 06 0fa1')),
    );
    expect(toHex(encodeIdentify(own))).toBe(
      toHex(concat(Uint8Array.of((body.length & 0x7f) | 0x80, body.length >> 7), body)),
    );
    expect(decodeIdentify(split(encodeIdentify(own)))).toEqual(own);
  });

  test('addresses, then protocols, are left out from the end rather than pass 4 KiB', () => {
    const addresses = Array.from({ length: 400 }, (_, index) => `/ip4/127.0.0.1/tcp/${index + 1}`);
    const protocols = Array.from({ length: 200 }, (_, index) => `/swarmchart/test/${index}`);
    const many = { ...own, listenAddresses: addresses };
    const read = (bytes: Uint8Array): IdentifyMessage => decodeIdentify(split(bytes));

    const trimmed = read(encodeIdentify(many));
    expect(trimmed.protocols).toEqual(own.protocols);
    expect(trimmed.listenAddresses).toEqual(addresses.slice(0, trimmed.listenAddresses.length));
    // An address takes 10 bytes here: what is left is less than one more with its overhead.
    expect(split(encodeIdentify(many))[0]!.length).toBeGreaterThan(LIMITS.identifySendBytes - 11);
    expect(split(encodeIdentify(many))[0]!.length).toBeLessThanOrEqual(LIMITS.identifySendBytes);

    const tight = read(encodeIdentify({ ...many, protocols }, 1024));
    expect(tight.protocols).toEqual(protocols.slice(0, tight.protocols.length));
    expect(tight.protocols.length).toBeLessThan(protocols.length);
    expect(tight.agentVersion).toBe(own.agentVersion);
  });

  test("an address that is no multiaddr is our caller's fault", () => {
    expect(thrownCode(() => encodeIdentify({ ...own, listenAddresses: ['localhost:80'] }))).toBe(
      'ERR_INVALID_ARGUMENT',
    );
  });
});

describe('our signed record', () => {
  const own: IdentifyMessage = { listenAddresses: ['/ip4/192.0.2.1/tcp/4001'], protocols: ['/a'], agentVersion: 'a/1' };
  const plain = split(encodeIdentify(own))[0]!.length;
  /** Tag and length of the field, for records of 128 bytes to 16 KiB. */
  const FIELD_BYTES = 3;

  test.each([
    { name: 'that fits goes along', size: LIMITS.identifyWithRecordBytes - plain - FIELD_BYTES, messages: 1 },
    {
      name: 'of one byte more goes in a message of its own',
      size: LIMITS.identifyWithRecordBytes - plain - 2,
      messages: 2,
    },
  ])('$name', ({ size, messages }) => {
    const signedPeerRecord = new Uint8Array(size).fill(7);
    const sent = split(encodeIdentify({ ...own, signedPeerRecord }));
    expect(sent.length).toBe(messages);
    expect(decodeIdentify(sent)).toEqual({ ...own, signedPeerRecord });
    // Who reads one message alone has all the rest.
    expect(decodeIdentify([sent[0]!])).toMatchObject(own);
    expect(Math.max(...sent.map(({ length }) => length))).toBeLessThanOrEqual(LIMITS.identifySendBytes);
  });
});
