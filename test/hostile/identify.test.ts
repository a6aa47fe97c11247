/** What a peer may do wrong when a node asks who it is, over TCP: the exchange fails, and the connection goes on. */
import { expect, test } from '@jest/globals';
import type { ErrorCode } from '../../src/errors.js';
import { LIMITS, type Limits } from '../../src/limits.js';
import { encodeIdentify } from '../../src/wire/identify.js';
import { encodeVarintPrefixed } from '../../src/wire/length-prefixed.js';
import { encodeVarint } from '../../src/wire/varint.js';
import { expectRejected, expectStillServing, startTarget, type Target } from '../support/hostile-target.js';
import { upgradeToYamux, type HostileStream, type HostileYamux } from '../support/hostile-yamux.js';
import { concat, hex } from '../support/decoding.js';
import { testIdentity } from '../support/noise-side.js';

const IDENTIFY = '/ipfs/id/1.0.0';
const mallory = testIdentity('mallory');
const HONEST = encodeIdentify({
  publicKey: mallory.publicKeyProtobuf,
  listenAddresses: ['/ip4/127.0.0.1/tcp/4001'],
  protocols: ['/echo/1.0.0'],
  agentVersion: 'mallory/1.0.0',
});

/** A message of exactly `size` bytes, its length in front: an unknown field fills it. */
function messageOf(size: number): Uint8Array {
  const body = new Uint8Array(size);
  // Tag of field 15, then a length of two bytes.
  body.set([0x7a, ((size - 3) & 127) | 128, (size - 3) >> 7]);
  return encodeVarintPrefixed(body);
}

/** A connection on which the node has asked; the node's question is open. */
async function asked(limits: Partial<Limits> = {}): Promise<{
  readonly target: Target;
  readonly yamux: HostileYamux;
  readonly stream: HostileStream;
  readonly answer: Promise<unknown>;
}> {
  const target = await startTarget({ limits });
  const yamux = await upgradeToYamux(target.address, { speaks: [IDENTIFY] });
  const stream = await yamux.accept(IDENTIFY);
  const answer = target.node.identify(target.node.connections()[0]?.remotePeer ?? '');
  answer.catch(() => undefined);
  return { target, yamux, stream, answer };
}

const BOMBS = {
  'groups 8,000 deep': new Uint8Array(8000).fill(0x0b),
  'a field that says it is 4 GiB long': hex('0a ff ff ff ff 0f 00'),
  'a field that says it is 2^63 long': hex('0a ff ff ff ff ff ff ff ff 7f 00'),
  'a number that never ends': hex('08 ff ff ff ff ff ff ff ff ff ff ff ff'),
  'field number 0': hex('02 00'),
  'a wire type that does not exist': hex('0f'),
} as const;

const ACTS: readonly {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly then?: 'end' | 'reset';
  readonly code: ErrorCode;
  readonly state: string;
  readonly limits?: Partial<Limits>;
}[] = [
  ...Object.entries(BOMBS).map(([name, body]) => ({
    name,
    bytes: encodeVarintPrefixed(body),
    code: 'ERR_IDENTIFY_BAD_MESSAGE' as const,
    state: 'awaitingMessage',
  })),
  {
    name: 'a length that never ends',
    bytes: new Uint8Array(16).fill(0xff),
    code: 'ERR_IDENTIFY_BAD_MESSAGE',
    state: 'awaitingMessage',
  },
  {
    name: 'a message of 8 KiB and one byte, by its length',
    bytes: encodeVarint(LIMITS.identifyMessageBytes + 1),
    code: 'ERR_IDENTIFY_TOO_LARGE',
    state: 'awaitingMessage',
  },
  {
    name: 'eleven messages of 8 KiB',
    bytes: concat(...Array.from({ length: LIMITS.identifyMessages + 1 }, () => messageOf(LIMITS.identifyMessageBytes))),
    code: 'ERR_IDENTIFY_TOO_LARGE',
    state: 'awaitingMore',
  },
  {
    name: 'the key of somebody else',
    bytes: encodeIdentify({ publicKey: testIdentity('eve').publicKeyProtobuf, listenAddresses: [], protocols: [] }),
    then: 'end',
    code: 'ERR_IDENTIFY_KEY_MISMATCH',
    state: 'verifyingKey',
  },
  {
    name: 'a key that is none',
    bytes: encodeIdentify({ publicKey: hex('0801 1202 0102'), listenAddresses: [], protocols: [] }),
    then: 'end',
    code: 'ERR_IDENTIFY_KEY_MISMATCH',
    state: 'verifyingKey',
  },
  {
    name: 'silence',
    bytes: hex(''),
    code: 'ERR_IDENTIFY_TIMEOUT',
    state: 'awaitingMessage',
    limits: { identifyTimeoutMs: 200 },
  },
  { name: 'the end at once', bytes: hex(''), then: 'end', code: 'ERR_IDENTIFY_ENDED', state: 'awaitingMessage' },
  {
    name: 'the end in the middle of the message',
    bytes: HONEST.subarray(0, 20),
    then: 'end',
    code: 'ERR_IDENTIFY_ENDED',
    state: 'awaitingMessage',
  },
  {
    name: 'a reset in the middle of the message',
    bytes: HONEST.subarray(0, 20),
    then: 'reset',
    code: 'ERR_IDENTIFY_ENDED',
    state: 'awaitingMessage',
  },
];

test.each(ACTS)('$name', async ({ bytes, then, code, state, limits }) => {
  const { target, yamux, stream, answer } = await asked(limits);
  stream.send(bytes);
  if (then !== undefined) stream[then]();
  await expectRejected(answer, { code, machine: 'identify', state });
  if (then === undefined) await stream.expectReset();
  await yamux.expectEcho('the connection goes on');
  expect(target.node.connections().length).toBe(1);
  await expectStillServing(target);
});

test.each([
  { name: 'one message of 8 KiB', bytes: messageOf(LIMITS.identifyMessageBytes) },
  {
    name: 'nine messages of 8 KiB before the one that says something',
    bytes: concat(
      ...Array.from({ length: LIMITS.identifyMessages - 1 }, () => messageOf(LIMITS.identifyMessageBytes)),
      HONEST,
    ),
  },
  { name: 'four thousand empty fields', bytes: concat(encodeVarintPrefixed(hex('1a 00'.repeat(4000))), HONEST) },
])('$name, then the end: heard', async ({ bytes }) => {
  const { target, yamux, stream, answer } = await asked();
  stream.send(bytes);
  stream.end();
  const result = (await answer) as { readonly protocols: readonly string[]; readonly agentVersion?: string };
  expect(result.protocols.length).toBeLessThanOrEqual(LIMITS.identifyProtocols);
  await yamux.expectEcho('the connection goes on');
  await expectStillServing(target);
});
