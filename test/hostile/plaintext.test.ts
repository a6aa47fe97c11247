/** What a peer may do wrong in plaintext 2.0, against a node over TCP, whoever dialed. */
import { describe, test } from '@jest/globals';
import type { Role } from '../../src/actors/connection/security.js';
import { peerIdToBytes } from '../../src/crypto/peer-id.js';
import type { ErrorCode } from '../../src/errors.js';
import { LIMITS, type Limits } from '../../src/limits.js';
import { encodeVarintPrefixed } from '../../src/wire/length-prefixed.js';
import { encodePlaintextExchange } from '../../src/wire/plaintext.js';
import { encodeVarint } from '../../src/wire/varint.js';
import { agree, propose } from '../support/hostile-peer.js';
import { connectRaw, listenRaw, type RawPeer } from '../support/hostile-pipe.js';
import { expectFailure, expectStillServing, startTarget, type Target } from '../support/hostile-target.js';
import { concat, hex } from '../support/decoding.js';
import { testIdentity } from '../support/noise-side.js';

const ROLES: readonly Role[] = ['listener', 'dialer'];
const mallory = testIdentity('mallory');
const MAX = LIMITS.plaintextMessageBytes;

async function atPlaintext(target: Target, role: Role): Promise<RawPeer> {
  if (role === 'listener') {
    const raw = await connectRaw(target.address);
    await propose(raw, '/plaintext/2.0.0');
    return raw;
  }
  const { address, peer } = await listenRaw();
  // The rejection is the same error as the event's.
  target.node.dial(address).catch(() => undefined);
  const raw = await peer;
  await agree(raw);
  return raw;
}

const honest = encodePlaintextExchange({ id: peerIdToBytes(mallory.peerId), publicKey: mallory.publicKeyProtobuf });
const lying = encodePlaintextExchange({
  id: peerIdToBytes(testIdentity('eve').peerId),
  publicKey: mallory.publicKeyProtobuf,
});

const ACTS: readonly {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly ends?: boolean;
  readonly code: ErrorCode;
  readonly state: string;
  readonly limits?: Partial<Limits>;
}[] = [
  {
    name: 'an Exchange over 64 KiB, by its length',
    bytes: encodeVarint(MAX + 1),
    code: 'ERR_PLAINTEXT_BAD_EXCHANGE',
    state: 'awaitingExchange',
  },
  {
    name: 'an Exchange of 64 KiB that is no protobuf',
    bytes: encodeVarintPrefixed(new Uint8Array(MAX).fill(0x0b)),
    code: 'ERR_PLAINTEXT_BAD_EXCHANGE',
    state: 'verifyingExchange',
  },
  {
    name: 'a length that never ends',
    bytes: hex('ff'.repeat(16)),
    code: 'ERR_PLAINTEXT_BAD_EXCHANGE',
    state: 'awaitingExchange',
  },
  {
    name: 'the id of somebody else',
    bytes: encodeVarintPrefixed(lying),
    code: 'ERR_PLAINTEXT_BAD_EXCHANGE',
    state: 'verifyingExchange',
  },
  { name: 'an empty Exchange', bytes: hex('00'), code: 'ERR_PLAINTEXT_BAD_EXCHANGE', state: 'verifyingExchange' },
  {
    name: 'silence in the middle',
    bytes: encodeVarintPrefixed(honest).subarray(0, 9),
    code: 'ERR_PLAINTEXT_TIMEOUT',
    state: 'awaitingExchange',
    limits: { plaintextTimeoutMs: 200 },
  },
  { name: 'the end at once', bytes: hex(''), ends: true, code: 'ERR_PLAINTEXT_ENDED', state: 'awaitingExchange' },
  {
    name: 'the end in the middle',
    bytes: encodeVarintPrefixed(honest).subarray(0, 9),
    ends: true,
    code: 'ERR_PLAINTEXT_ENDED',
    state: 'awaitingExchange',
  },
];

describe.each(ROLES)('the node is the %s', (role) => {
  test.each(ACTS)('$name', async ({ bytes, ends, code, state, limits }) => {
    const target = await startTarget({ security: ['plaintext'], limits: limits ?? {} });
    const raw = await atPlaintext(target, role);
    if (bytes.length > 0) raw.send(bytes);
    if (ends === true) raw.end();
    await expectFailure(target, {
      event: 'connection.failed',
      code,
      machine: 'plaintextExchange',
      state,
    });
    await raw.expectClosed();
    await expectStillServing(target);
  });

  test('an Exchange of 64 KiB with a field that nobody knows is read', async () => {
    const target = await startTarget({ security: ['plaintext'] });
    const raw = await atPlaintext(target, role);
    // A tag of one byte and a length of three go before what fills it.
    const fill = MAX - honest.length - 4;
    const body = concat(honest, hex('7a'), encodeVarint(fill), new Uint8Array(fill));
    raw.send(encodeVarintPrefixed(body));
    const [size = 0] = await raw.read(1);
    await raw.read(size);
    // What comes next is the muxer's negotiation, in the clear.
    if (role === 'listener') await propose(raw, '/yamux/1.0.0');
    else await agree(raw);
    await expectStillServing(target);
  });
});
