/** The small parts of bitswap, each alone: keys, verifier, outbox, what a peer was asked, ledgers, gathering, aborts. */
import { describe, expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { AbortWatch } from '../../../src/actors/bitswap/abort-watch.js';
import { AskedWants } from '../../../src/actors/bitswap/asked-wants.js';
import { BlockVerifier } from '../../../src/actors/bitswap/block-verifier.js';
import { Gather } from '../../../src/actors/bitswap/gather.js';
import { cidFromBytes, cidKey, multihashKey } from '../../../src/actors/bitswap/keys.js';
import { LedgerBook } from '../../../src/actors/bitswap/ledger.js';
import { bestVersion, BITSWAP_PROTOCOLS, bitswapVersion } from '../../../src/actors/bitswap/network.js';
import { BitswapOutbox } from '../../../src/actors/bitswap/outbox.js';
import { hasherOf } from '../../../src/dag/block.js';
import { prefixOf } from '../../../src/dag/cid.js';
import { hex, thrownCode } from '../../support/decoding.js';
import { ciphers } from './fake-network.js';
import { blocks, blockOf, lines, nameOf, wireBlock } from './fixtures.js';

const [one, two, three] = blocks(3, 1_000) as [
  ReturnType<typeof blockOf>,
  ReturnType<typeof blockOf>,
  ReturnType<typeof blockOf>,
];

describe('keys', () => {
  const multihashes = [
    create(0x12, new Uint8Array(32).fill(1)).bytes,
    create(0x12, new Uint8Array(32).fill(2)).bytes,
    create(0x12, new Uint8Array(31).fill(1)).bytes,
    create(0x12, new Uint8Array(20).fill(1)).bytes,
    create(0x12, new Uint8Array(21).fill(1)).bytes,
    create(0x13, new Uint8Array(64).fill(1)).bytes,
    create(0xb220, new Uint8Array(32).fill(1)).bytes,
    create(0, new Uint8Array(160).fill(1)).bytes,
    create(0, new Uint8Array(161).fill(1)).bytes,
    create(0, new Uint8Array(0)).bytes,
  ];

  test('each multihash has its own, however it is cut in two', () => {
    const keys = multihashes.map((bytes) => multihashKey(bytes));
    expect(new Set(keys).size).toBe(multihashes.length);
    for (const [index, bytes] of multihashes.entries()) {
      for (let cut = 0; cut <= bytes.length; cut++) {
        expect(multihashKey(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(keys[index]);
      }
    }
  });

  test('version and codec do not matter', () => {
    const { multihash } = one.cid;
    const keys = [CID.createV0(create(0x12, multihash.digest)), CID.createV1(0x70, multihash), one.cid].map(cidKey);
    expect(new Set(keys).size).toBe(1);
  });

  test('bytes that are no CID are the peer’s fault', () => {
    expect(thrownCode(() => cidFromBytes(hex('0102')))).toBe('ERR_BITSWAP_BAD_MESSAGE');
    expect(cidFromBytes(one.cid.bytes).equals(one.cid)).toBe(true);
  });
});

describe('protocol ids', () => {
  test('best first, each with the version of its messages', () => {
    expect(BITSWAP_PROTOCOLS.map((protocol) => [protocol, bitswapVersion(protocol)])).toEqual([
      ['/ipfs/bitswap/1.2.0', '1.2.0'],
      ['/ipfs/bitswap/1.1.0', '1.1.0'],
      ['/ipfs/bitswap/1.0.0', '1.0.0'],
      ['/ipfs/bitswap', '1.0.0'],
    ]);
    expect(bestVersion(['/ipfs/bitswap', '/ipfs/bitswap/1.1.0'])).toBe('1.1.0');
    expect(bestVersion(['/ipfs/ping/1.0.0'])).toBeUndefined();
  });
});

describe('verifying', () => {
  const verifier = new BlockVerifier(hasherOf(ciphers));
  const data = one.bytes;
  const cid = (code: number, digest: Uint8Array): CID => CID.createV1(0x55, create(code, digest));
  const sha256 = ciphers.hash('sha256', [data]);

  test.each([
    { name: 'sha2-256', of: cid(0x12, sha256) },
    { name: 'sha2-512', of: cid(0x13, ciphers.hash('sha512', [data])) },
    { name: 'sha2-256 cut to 20 bytes', of: cid(0x12, sha256.subarray(0, 20)) },
    { name: 'CIDv0', of: CID.createV0(create(0x12, sha256)) },
  ])('$name', ({ of }) => {
    expect(verifier.keyOf({ prefix: prefixOf(of), data })).toBe(cidKey(of));
  });

  test('blake2b-256, which only the portable hasher knows', async () => {
    const { blake2b } = await import('@noble/hashes/blake2.js');
    const of = cid(0xb220, blake2b(data, { dkLen: 32 }));
    expect(verifier.keyOf({ prefix: prefixOf(of), data })).toBe(cidKey(of));
  });

  test('no prefix means CIDv0', () => {
    expect(verifier.keyOf({ prefix: undefined, data })).toBe(cidKey(one.cid));
  });

  test.each([
    { name: 'a hash that nobody knows', prefix: '01559901 20' },
    { name: 'identity', prefix: '01550003' },
    { name: 'a digest cut to 19 bytes', prefix: '01551213' },
    { name: 'a digest longer than the hash', prefix: '01551221' },
  ])('$name names nothing', ({ prefix }) => {
    expect(verifier.keyOf({ prefix: hex(prefix), data })).toBeUndefined();
  });

  test('one prefix after another', () => {
    for (const named of [cid(0x12, sha256), cid(0x13, ciphers.hash('sha512', [data])), cid(0x12, sha256)]) {
      expect(verifier.keyOf({ prefix: prefixOf(named), data })).toBe(cidKey(named));
    }
  });
});

describe('the outbox', () => {
  const keys = [one, two, three].map(({ cid }) => cidKey(cid)) as [string, string, string];
  const all = (outbox: BitswapOutbox, maxBytes = 100_000): string[][] => {
    const messages: string[][] = [];
    for (let next = outbox.take(maxBytes, '1.2.0'); next !== undefined; next = outbox.take(maxBytes, '1.2.0')) {
      messages.push(lines(next));
    }
    return messages;
  };

  test('wants, presences and blocks share a message, in the order they came', () => {
    const outbox = new BitswapOutbox();
    expect(outbox.isEmpty).toBe(true);
    outbox.block(wireBlock(one));
    outbox.presence({ cid: two.cid.bytes, has: true });
    outbox.want(keys[2], three.cid.bytes, 'have', false);
    expect(outbox.isEmpty).toBe(false);
    expect(all(outbox)).toEqual([[`want-have ${nameOf(three)}`, `have ${nameOf(two)}`, `block ${nameOf(one)}`]]);
    expect([outbox.isEmpty, outbox.answerBytes]).toEqual([true, 0]);
  });

  test('priorities fall, so that what is asked first is served first', () => {
    const outbox = new BitswapOutbox();
    outbox.want(keys[0], one.cid.bytes, 'block', false);
    outbox.want(keys[1], two.cid.bytes, 'block', false);
    const entries = outbox.take(100_000, '1.2.0')!.wantlist!.entries;
    expect(entries.map(({ priority }) => priority)).toEqual([0x7fffffff, 0x7ffffffe]);
  });

  test('a want and its cancel come to nothing, unless the peer heard of the want before', () => {
    const outbox = new BitswapOutbox();
    outbox.want(keys[0], one.cid.bytes, 'block', false);
    outbox.cancel(keys[0], one.cid.bytes);
    outbox.want(keys[1], two.cid.bytes, 'block', true);
    outbox.cancel(keys[1], two.cid.bytes);
    outbox.cancel(keys[2], three.cid.bytes);
    expect(all(outbox)).toEqual([[`cancel ${nameOf(two)}`, `cancel ${nameOf(three)}`]]);
  });

  test('a want after its cancel is a want; have becomes block', () => {
    const outbox = new BitswapOutbox();
    outbox.cancel(keys[0], one.cid.bytes);
    outbox.want(keys[0], one.cid.bytes, 'block', true);
    outbox.want(keys[1], two.cid.bytes, 'have', false);
    outbox.want(keys[1], two.cid.bytes, 'block', true);
    expect(all(outbox)).toEqual([[`want-block ${nameOf(one)}`, `want-block ${nameOf(two)}`]]);
    outbox.want(keys[1], two.cid.bytes, 'have', false);
    outbox.want(keys[1], two.cid.bytes, 'block', true);
    // It never left, whatever the second one was told.
    outbox.cancel(keys[1], two.cid.bytes);
    expect(all(outbox)).toEqual([]);
  });

  test('a whole wantlist has no cancels', () => {
    const outbox = new BitswapOutbox();
    outbox.cancel(keys[0], one.cid.bytes);
    outbox.sayAll();
    outbox.want(keys[1], two.cid.bytes, 'block', true);
    expect(all(outbox)).toEqual([['full', `want-block ${nameOf(two)}`]]);
  });

  test('messages are filled to the mark; a block larger than it goes alone', () => {
    const outbox = new BitswapOutbox();
    for (const block of [...blocks(5, 1_000), blockOf(new Uint8Array(5_000)), ...blocks(1, 1_000)])
      outbox.block(wireBlock(block));
    expect(all(outbox, 2_200).map((message) => message.length)).toEqual([2, 2, 1, 1, 1]);
  });

  test('many wants and presences are cut too', () => {
    const outbox = new BitswapOutbox();
    for (const [index, { cid }] of blocks(50, 100).entries()) {
      outbox.want(`key ${index}`, cid.bytes, 'block', false);
      outbox.presence({ cid: cid.bytes, has: false });
    }
    const messages = all(outbox, 1_000);
    expect(messages.length).toBeGreaterThan(5);
    expect(messages.flat()).toHaveLength(100);
  });

  test('1.0.0 cannot ask for other hashes, 1.1.0 has no presences', () => {
    const outbox = new BitswapOutbox();
    const other = CID.createV1(0x55, create(0x13, new Uint8Array(64)));
    outbox.want('other', other.bytes, 'block', false);
    outbox.want(keys[0], one.cid.bytes, 'block', false);
    outbox.presence({ cid: one.cid.bytes, has: true });
    expect(lines(outbox.take(10_000, '1.0.0')!)).toEqual([`want-block ${nameOf(one)}`]);
    outbox.presence({ cid: one.cid.bytes, has: true });
    expect(outbox.take(10_000, '1.1.0')).toBeUndefined();
    expect(outbox.isEmpty).toBe(true);
  });
});

describe('what a peer was asked', () => {
  test('it owes an answer, lacks it, or was asked a while ago', () => {
    const asked = new AskedWants(2);
    asked.set('a', 'block');
    asked.set('b', 'have');
    asked.lacks('b');
    asked.lacks('never asked');
    expect([asked.size, asked.owes('a'), asked.owes('b'), asked.oldestLacked()]).toEqual([2, true, false, 'b']);
    expect([...asked.unanswered()]).toEqual([['a', 'block']]);
    expect([asked.settle('a', 7), asked.settle('a', 7)]).toEqual([true, false]);
    expect([asked.knows('a'), asked.recentSession('a'), asked.size]).toEqual([true, 7, 1]);
  });

  test('only so many are remembered afterwards', () => {
    const asked = new AskedWants(2);
    for (const key of ['a', 'b', 'a', 'c']) {
      asked.set(key, 'block');
      asked.settle(key, 1);
    }
    expect(['a', 'b', 'c'].map((key) => asked.recentSession(key))).toEqual([undefined, 1, 1]);
  });
});

describe('ledgers', () => {
  test('of peers that left only so many are kept, and a peer that comes back finds its own', () => {
    const book = new LedgerBook(2);
    for (const peer of ['a', 'b', 'c', 'd']) book.open(peer).bytesSent = peer.charCodeAt(0);
    for (const peer of ['a', 'b', 'c']) book.close(peer);
    expect([...book.all().keys()]).toEqual(['b', 'c', 'd']);
    expect(book.get('a')).toBeUndefined();
    expect(book.open('b').bytesSent).toBe('b'.charCodeAt(0));
    book.close('nobody');
  });
});

describe('gathering', () => {
  const hops = async (count: number): Promise<void> => {
    for (let hop = 0; hop < count; hop++) await Promise.resolve();
  };

  test('calls a few microtasks apart are one', async () => {
    let runs = 0;
    const gather = new Gather(() => runs++);
    for (let call = 0; call < 5; call++) {
      gather.call();
      await hops(10);
    }
    expect(runs).toBe(0);
    await hops(20);
    expect(runs).toBe(1);
    gather.call();
    await hops(20);
    expect(runs).toBe(2);
  });

  test('many calls do not wait', async () => {
    let runs = 0;
    const gather = new Gather(() => runs++);
    for (let call = 0; call < 600; call++) gather.call();
    expect(runs).toBe(2);
    await hops(40);
    expect(runs).toBe(3);
  });
});

describe('abort signals', () => {
  test('one listener a signal, none when nobody waits', () => {
    const aborted: string[][] = [];
    const watch = new AbortWatch<string>((items) => aborted.push([...items]));
    const [first, second] = [new AbortController(), new AbortController()];
    watch.add(first.signal, 'a');
    watch.add(first.signal, 'b');
    watch.add(second.signal, 'c');
    expect(watch.size).toBe(2);
    watch.remove(second.signal, 'c');
    watch.remove(second.signal, 'c');
    watch.remove(first.signal, 'b');
    expect(watch.size).toBe(1);
    first.abort();
    second.abort();
    expect([aborted, watch.size]).toEqual([[['a']], 0]);
  });
});
