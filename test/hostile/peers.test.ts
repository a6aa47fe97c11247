/** What a peer may do wrong with what nodes tell of themselves, over TCP: floods, forgeries, lies by the thousand. */
import { describe, expect, test } from '@jest/globals';
import { sealPeerRecord } from '../../src/crypto/peer-record.js';
import { LIMITS } from '../../src/limits.js';
import { encodeIdentify, type OwnIdentify } from '../../src/wire/identify.js';
import { RUST_PEER_RECORD } from '../../src/wire/peer-record.js';
import { concat, hex } from '../support/decoding.js';
import { eventually } from '../support/hostile-pipe.js';
import { expectFailure, expectStillServing, startTarget, type Target } from '../support/hostile-target.js';
import { upgradeToYamux, type HostileYamux } from '../support/hostile-yamux.js';
import { testIdentity } from '../support/noise-side.js';

const IDENTIFY = '/ipfs/id/1.0.0';
const PUSH = '/ipfs/id/push/1.0.0';
const RELAY = '/libp2p/circuit/relay/0.1.0';
const mallory = testIdentity('mallory');
const alice = testIdentity('alice');
const CLAIMED = '/ip4/8.8.8.1/tcp/4001';
const SIGNED = '/ip4/8.8.8.2/tcp/4001';

const honest = (over: Partial<OwnIdentify> = {}): Uint8Array =>
  encodeIdentify({
    publicKey: mallory.publicKeyProtobuf,
    listenAddresses: [CLAIMED],
    protocols: ['/echo/1.0.0'],
    agentVersion: 'mallory/1.0.0',
    ...over,
  });

/** A connection of mallory's, whose answer to identify is `answer`. */
async function connected(
  answer: Uint8Array,
  options = {},
): Promise<{ readonly target: Target; readonly yamux: HostileYamux }> {
  const target = await startTarget(options);
  const yamux = await upgradeToYamux(target.address, { speaks: [IDENTIFY] });
  const stream = await yamux.accept(IDENTIFY);
  stream.send(answer);
  stream.end();
  await target.node.identify(mallory.peerId);
  return { target, yamux };
}

const known = async ({ node }: Target) => {
  const info = await node.peers.get(mallory.peerId);
  return {
    addresses: info?.addresses.map(({ address, source }) => `${source} ${address}`),
    agentVersion: info?.agentVersion,
    protocols: info?.protocols,
  };
};

/** Waits until mallory is known as this agent. */
async function heard({ node }: Target, agentVersion: string): Promise<void> {
  let latest: string | undefined;
  const following = node.peers.changes$.subscribe(({ id, after }) => {
    if (id === mallory.peerId) latest = after?.agentVersion;
  });
  latest = (await node.peers.get(mallory.peerId))?.agentVersion;
  await eventually(`${agentVersion} is heard of`, () => latest === agentVersion);
  following.unsubscribe();
}

describe('signed records', () => {
  const sealed = (signer: typeof mallory, ...rest: [sequence: bigint, addresses: readonly string[]]): Uint8Array =>
    sealPeerRecord(signer, ...rest);

  test.each([
    { name: 'about somebody else, signed by them', record: sealed(alice, 9n, [SIGNED]) },
    {
      name: 'signed for another purpose',
      record: sealPeerRecord(mallory, 9n, [SIGNED], { ...RUST_PEER_RECORD, payloadType: hex('0301') }),
    },
    {
      name: 'with one bit changed',
      record: sealed(mallory, 9n, [SIGNED]).map((byte, at) => (at === 80 ? byte ^ 1 : byte)),
    },
    { name: 'of 4,000 bytes of nothing', record: new Uint8Array(4000).fill(0x0b) },
    { name: 'of one byte', record: hex('ff') },
  ])('one $name is refused, and the rest of the answer taken', async ({ record }) => {
    const { target, yamux } = await connected(honest({ signedPeerRecord: record }));
    expect(await known(target)).toEqual({
      addresses: [`identify ${CLAIMED}`],
      agentVersion: 'mallory/1.0.0',
      protocols: ['/echo/1.0.0'],
    });
    const refused = target.events.filter((event) => event.type === 'record.refused');
    expect(refused).toMatchObject([
      { peer: mallory.peerId, error: { code: 'ERR_PEER_RECORD_INVALID', blame: 'remote' } },
    ]);
    await yamux.expectEcho('the connection goes on');
    await expectStillServing(target);
  });

  test.each([
    { name: 'the standard one', record: sealed(mallory, 9n, [SIGNED]) },
    { name: "rust's", record: sealPeerRecord(mallory, 9n, [SIGNED], RUST_PEER_RECORD) },
  ])('one that holds, in $name dialect, is preferred', async ({ record }) => {
    const { target } = await connected(honest({ signedPeerRecord: record }));
    expect((await known(target)).addresses).toEqual([`signed ${SIGNED}`]);
    expect(target.events.filter((event) => event.type === 'record.refused')).toEqual([]);
  });

  test('an older one changes no address', async () => {
    const { target, yamux } = await connected(honest({ signedPeerRecord: sealed(mallory, 9n, [SIGNED]) }));
    const stream = await yamux.openStream(PUSH);
    stream.send(honest({ signedPeerRecord: sealed(mallory, 8n, [CLAIMED]), agentVersion: 'mallory/2.0.0' }));
    stream.end();
    await heard(target, 'mallory/2.0.0');
    expect((await known(target)).addresses).toEqual([`signed ${SIGNED}`]);
  });
});

describe('pushes', () => {
  test('one that says little changes little', async () => {
    const { target, yamux } = await connected(honest());
    const stream = await yamux.openStream(PUSH);
    stream.send(encodeIdentify({ listenAddresses: [], protocols: [], agentVersion: 'mallory/3.0.0' }));
    stream.end();
    await heard(target, 'mallory/3.0.0');
    expect(await known(target)).toEqual({
      addresses: [`identify ${CLAIMED}`],
      agentVersion: 'mallory/3.0.0',
      protocols: ['/echo/1.0.0'],
    });
  });

  test('with the key of somebody else: refused, and nothing of it taken', async () => {
    const { target, yamux } = await connected(honest());
    const stream = await yamux.openStream(PUSH);
    stream.send(honest({ publicKey: alice.publicKeyProtobuf, agentVersion: 'alice/1.0.0' }));
    stream.end();
    await expectFailure(target, {
      event: 'stream.failed',
      code: 'ERR_IDENTIFY_KEY_MISMATCH',
      machine: 'identify',
      state: 'verifyingKey',
    });
    expect((await known(target)).agentVersion).toBe('mallory/1.0.0');
    await yamux.expectEcho('the connection goes on');
    await expectStillServing(target);
  });

  test('ten in ten seconds are heard, the eleventh is not', async () => {
    const { target, yamux } = await connected(honest());
    for (let count = 1; count <= LIMITS.identifyPushesPerWindow; count++) {
      const stream = await yamux.openStream(PUSH);
      stream.send(honest({ agentVersion: `mallory/${count}` }));
      stream.end();
      await heard(target, `mallory/${count}`);
    }
    const stream = await yamux.openStream(PUSH);
    stream.send(honest({ agentVersion: 'mallory/11' }));
    await stream.expectReset();
    expect((await known(target)).agentVersion).toBe('mallory/10');
    expect(target.events).toContainEqual(
      expect.objectContaining({
        type: 'stream.failed',
        error: expect.objectContaining({ code: 'ERR_IDENTIFY_PUSH_FLOOD', blame: 'remote' }) as unknown,
      }),
    );
    await yamux.expectEcho('the connection goes on');
    await expectStillServing(target);
  });

  test('two that say nothing are waited for, a third is not', async () => {
    const { target, yamux } = await connected(honest());
    for (let count = 0; count < LIMITS.identifyPushInboundStreams; count++) await yamux.openStream(PUSH);
    await expect(yamux.openStream(PUSH)).rejects.toThrow('closed');
    expect([...yamux.streams.values()].at(-1)?.wasReset).toBe(true);
    await yamux.expectEcho('the connection goes on');
    await expectStillServing(target);
  });
});

describe('addresses and protocols by the thousand', () => {
  test('cost what a few cost', async () => {
    const addresses = (message: number) =>
      Array.from({ length: 400 }, (_, at) => `/ip4/10.${message}.${at >> 8}.${at & 255}/tcp/1`);
    const protocols = (message: number) =>
      Array.from({ length: 100 }, (_, at) => `/p/${message}/${at}/${'x'.repeat(40)}`);
    const messages = Array.from({ length: LIMITS.identifyMessages }, (_, message) =>
      encodeIdentify(
        { listenAddresses: addresses(message), protocols: protocols(message) },
        LIMITS.identifyMessageBytes,
      ),
    );
    const { target } = await connected(concat(...messages));
    const info = await known(target);
    expect(info.addresses?.length).toBeLessThanOrEqual(LIMITS.peerstoreAddresses);
    expect(info.protocols?.join('').length).toBeLessThan(LIMITS.peerstoreBytesPerPeer);
    await expectStillServing(target);
  });

  test('addresses of others are not those of the peer', async () => {
    const listenAddresses = [`${CLAIMED}/p2p/${alice.peerId}`, `${SIGNED}/p2p/${mallory.peerId}`];
    const { target } = await connected(honest({ listenAddresses }));
    expect((await known(target)).addresses).toEqual([`identify ${SIGNED}`]);
    expect(await target.node.peers.get(alice.peerId)).toBeUndefined();
  });

  test('an address at which it sees us is not ours because it says so', async () => {
    const { target } = await connected(honest({ observedAddress: '/ip4/203.0.113.9/tcp/4001' }));
    expect(target.node.observedAddresses).toEqual([]);
  });
});

describe('circuit relay 0.1.0', () => {
  const asked = async (limits = {}) => {
    const { target, yamux } = await connected(honest(), { relayV1: true, limits });
    return { target, yamux, stream: await yamux.openStream(RELAY) };
  };

  test.each([
    { name: 'nonsense', bytes: hex('03 ffffff') },
    { name: 'nested groups', bytes: concat(hex('8020'), new Uint8Array(4096).fill(0x0b)) },
    { name: 'a type that does not exist', bytes: hex('02 0807') },
    { name: 'no type', bytes: hex('00') },
    { name: 'an answer', bytes: hex('05 0803208e02') },
  ])('$name is answered with 400', async ({ bytes }) => {
    const { target, yamux, stream } = await asked();
    stream.send(bytes);
    expect(Buffer.from(await stream.read(6)).toString('hex')).toBe('050803209003');
    await expectFailure(target, {
      event: 'stream.failed',
      code: 'ERR_RELAY_V1_BAD_MESSAGE',
      machine: 'relayV1',
      state: 'awaitingQuestion',
    });
    await yamux.expectEcho('the connection goes on');
    await expectStillServing(target);
  });

  test.each([
    {
      name: 'a message of 4 KiB and one byte, by its length',
      bytes: hex('8120'),
      then: undefined,
      code: 'ERR_RELAY_V1_TOO_LARGE',
    },
    { name: 'the end at once', bytes: hex(''), then: 'end', code: 'ERR_RELAY_V1_ENDED' },
    { name: 'the end in the middle', bytes: hex('02'), then: 'end', code: 'ERR_RELAY_V1_ENDED' },
    { name: 'a reset in the middle', bytes: hex('02'), then: 'reset', code: 'ERR_RELAY_V1_ENDED' },
    { name: 'silence', bytes: hex(''), then: undefined, code: 'ERR_RELAY_V1_TIMEOUT' },
  ] as const)('$name ends the stream alone', async ({ bytes, then, code }) => {
    const { target, yamux, stream } = await asked(code === 'ERR_RELAY_V1_TIMEOUT' ? { relayV1TimeoutMs: 200 } : {});
    stream.send(bytes);
    if (then !== undefined) stream[then]();
    await expectFailure(target, { event: 'stream.failed', code, machine: 'relayV1', state: 'awaitingQuestion' });
    await yamux.expectEcho('the connection goes on');
    await expectStillServing(target);
  });
});
