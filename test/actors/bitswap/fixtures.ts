/** Blocks, messages and peers played by hand for the tests of bitswap. */
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { prefixOf } from '../../../src/dag/cid.js';
import type { ProtocolStream } from '../../../src/actors/stream/protocol-stream.js';
import type { StoredBlock } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import {
  decodeBitswapFrame,
  encodeBitswapMessage,
  type BitswapMessage,
  type BitswapVersion,
  type WantlistEntry,
} from '../../../src/wire/bitswap.js';
import { ciphers, V120, type FakeNetwork, type FakeNode, type FakeStream } from './fake-network.js';

export const RAW = 0x55;
export const DAG_PB = 0x70;

/** The block of these bytes. */
export function blockOf(bytes: Uint8Array, codec = RAW): StoredBlock {
  return { cid: CID.createV1(codec, create(0x12, ciphers.hash('sha256', [bytes]))), bytes };
}

/** `count` different blocks of `size` bytes each; the same for the same seed. */
export function blocks(count: number, size: number, seed = 'blocks'): StoredBlock[] {
  const random = new SeededRandom(seed);
  const pattern = random.bytes('pattern', Math.min(size, 4096));
  return Array.from({ length: count }, (_, index) => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += pattern.length) bytes.set(pattern.subarray(0, size - at), at);
    new DataView(bytes.buffer).setUint32(0, index);
    return blockOf(bytes);
  });
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

/** A whole message from its parts. */
export function message(parts: Partial<BitswapMessage>): BitswapMessage {
  return { wantlist: undefined, blocks: [], presences: [], pendingBytes: 0, ...parts };
}

/** An entry of a wantlist. */
export function entry(cid: CID, parts: Partial<WantlistEntry> = {}): WantlistEntry {
  return { cid: cid.bytes, priority: 1, cancel: false, wantType: 'block', sendDontHave: true, ...parts };
}

export function wireBlock({ cid, bytes }: StoredBlock): { prefix: Uint8Array; data: Uint8Array } {
  return { prefix: prefixOf(cid), data: bytes };
}

export function encoded(parts: Partial<BitswapMessage>, version: BitswapVersion = '1.2.0'): Uint8Array {
  return concat(encodeBitswapMessage(message(parts), version));
}

/** Every message in these bytes. */
export function decodeAll(bytes: Uint8Array): BitswapMessage[] {
  const messages: BitswapMessage[] = [];
  for (let at = 0; at < bytes.length;) {
    const decoded = decodeBitswapFrame(bytes, at);
    if (decoded === undefined) throw new Error(`a message is cut at ${at}`);
    messages.push(decoded.value);
    at += decoded.size;
  }
  return messages;
}

/** Every message that the other end wrote on a stream. */
export function messagesOn(stream: FakeStream): BitswapMessage[] {
  return decodeAll(concat(stream.other.written));
}

/** One line an entry, a block or a presence: what a test compares. */
export function lines(message: BitswapMessage): string[] {
  const name = (cid: Uint8Array): string => Buffer.from(cid.slice(-4)).toString('hex');
  return [
    ...(message.wantlist?.full === true ? ['full'] : []),
    ...(message.wantlist?.entries ?? []).map(
      (one) => `${one.cancel ? 'cancel' : `want-${one.wantType}`} ${name(one.cid)}`,
    ),
    ...message.presences.map((one) => `${one.has ? 'have' : 'dont-have'} ${name(one.cid)}`),
    ...message.blocks.map((one) => `block ${name(ciphers.hash('sha256', [one.data]))}`),
  ];
}

/** How {@link lines} names a block. */
export function nameOf({ cid }: Pick<StoredBlock, 'cid'>): string {
  return Buffer.from(cid.bytes.slice(-4)).toString('hex');
}

/** A peer that the test plays: takes every stream, keeps what came, and says what it is told to. */
export class ScriptedPeer {
  readonly inbound: FakeStream[] = [];
  #outbound: FakeStream | undefined;

  constructor(
    readonly network: FakeNetwork,
    readonly node: FakeNode,
    readonly target: FakeNode,
    /** Whether it reads what it is sent. */
    reads = true,
  ) {
    node.handler = (stream: ProtocolStream) => {
      const mine = node.streams.find((candidate) => candidate === stream);
      if (mine !== undefined) this.inbound.push(mine);
      stream.data$.subscribe({
        next: (chunk) => {
          if (reads) stream.consume(chunk.length);
        },
        error: () => undefined,
      });
    };
  }

  /** All that we said to it, message by message. */
  get heard(): string[][] {
    return this.inbound.flatMap((stream) => messagesOn(stream)).map(lines);
  }

  /** Says bytes on a stream of its own. */
  async send(bytes: Uint8Array, protocol = V120): Promise<FakeStream> {
    if (this.#outbound === undefined || this.#outbound.error !== undefined) {
      this.#outbound = await this.network.openStream(this.node, this.target.id, [protocol]);
      this.#outbound.data$.subscribe({ error: () => undefined });
    }
    this.#outbound.write(bytes);
    await this.network.idle();
    return this.#outbound;
  }

  /** Says a message. */
  async say(parts: Partial<BitswapMessage>, version: BitswapVersion = '1.2.0'): Promise<FakeStream> {
    return this.send(encoded(parts, version), `/ipfs/bitswap/${version}`);
  }
}
