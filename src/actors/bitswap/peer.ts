/**
 * One connected peer as bitswap knows it: the way out to it, its streams in, what we asked it, what it wants of us, and
 * its ledger.
 */
import { EngineError } from '../../errors.js';
import type { BitswapMessage, BitswapVersion, WantType } from '../../wire/bitswap.js';
import type { Environment } from '../environment.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import { AskedWants } from './asked-wants.js';
import type { BlockWriter } from './block-writer.js';
import { InboundStream } from './inbound-stream.js';
import type { BlockKey } from './keys.js';
import type { Ledger } from './ledger.js';
import { MessageQueue } from './message-queue.js';
import { bestVersion, type BitswapNetwork } from './network.js';
import { PeerWantlist, type WaitingWants } from './peer-wantlist.js';
import { StreamReader } from './stream-reader.js';

/** Who hears of a peer; all calls are in a turn. */
export interface PeerOwner {
  /** May throw an EngineError that blames the peer. */
  message(peer: BitswapPeer, message: BitswapMessage): void;
  /** The peer broke the protocol on one of its streams. */
  fault(peer: BitswapPeer, error: EngineError): void;
  /** It cannot be asked any more: it speaks no bitswap, or answers nothing. */
  unusable(peer: BitswapPeer, error: EngineError): void;
  /** It can be asked again after it could not. */
  usable(peer: BitswapPeer): void;
  /** It has room for more blocks. */
  drained(peer: BitswapPeer): void;
  /** Binary CID of a block that we want. */
  cidOf(key: BlockKey): Uint8Array | undefined;
}

/** Bytes that count as a sign of life: a slow link must not look like silence, nor a drip like a delivery. */
const PROGRESS_BYTES = 16 * 1024;

/** A connected peer. */
export class BitswapPeer {
  readonly id: string;
  readonly ledger: Ledger;
  /** Version of its messages, once known from a stream or from identify. */
  version: BitswapVersion | undefined;
  /** Blocks that sessions take it to be at work on. */
  inFlight = 0;
  /** When it last delivered something. */
  activeMs: number;
  readonly #environment: Environment;
  readonly #writer: BlockWriter;
  readonly #owner: PeerOwner;
  readonly #network: BitswapNetwork;
  readonly #waiting: WaitingWants;
  // Most peers neither want nor are asked anything: what remembers it is made when it is needed.
  #wantlist: PeerWantlist | undefined;
  #asked: AskedWants | undefined;
  #queue: MessageQueue | undefined;
  #reachable = true;
  #inbound: Set<InboundStream> | undefined;
  #outboundReaders: Set<StreamReader> | undefined;
  #usable: boolean;
  #heldBytes = 0;
  #unnotedBytes = 0;
  #faults = 0;

  constructor(
    environment: Environment,
    network: BitswapNetwork,
    id: string,
    ledger: Ledger,
    writer: BlockWriter,
    waiting: WaitingWants,
    owner: PeerOwner,
  ) {
    this.#environment = environment;
    this.#writer = writer;
    this.#owner = owner;
    this.id = id;
    this.ledger = ledger;
    this.#waiting = waiting;
    this.activeMs = environment.turns.nowMs;
    const protocols = network.protocolsOf(id);
    this.version = protocols && bestVersion(protocols);
    this.#usable = protocols === undefined || this.version !== undefined;
    this.#network = network;
    this.#begin();
  }

  /** What it wants of us. */
  get wantlist(): PeerWantlist {
    return (this.#wantlist ??= new PeerWantlist(this, this.#environment.limits, this.#waiting));
  }

  /** Whether it ever wanted anything. */
  get hasWantlist(): boolean {
    return this.#wantlist !== undefined;
  }

  /** What we asked it. */
  get asked(): AskedWants {
    return (this.#asked ??= new AskedWants(this.#environment.limits.bitswapRecentWants));
  }

  /** Whether it may be asked: it speaks bitswap, answers, and has not sent what it must not too often. */
  get usable(): boolean {
    return this.#usable;
  }

  /** Whether anything can be said to it. */
  get reachable(): boolean {
    return this.#reachable;
  }

  /** Whether it knows want-have, have and dont-have; believed of a peer whose version is not known yet. */
  get knowsPresences(): boolean {
    return this.version === undefined || this.version === '1.2.0';
  }

  /** Bytes of blocks and presences that wait to be written to it. */
  get queuedAnswerBytes(): number {
    return this.#queue?.outbox.answerBytes ?? 0;
  }

  /** State of the way out, for people. */
  get outboundState(): string {
    return this.#queue?.state ?? 'closed';
  }

  /** Asks for a block (or whether it has it), at the end of the turn. */
  ask(key: BlockKey, cid: Uint8Array, wantType: WantType): void {
    if (this.asked.size >= this.#environment.limits.bitswapWantsPerPeer) this.#forgetLacked();
    this.#way.outbox.want(key, cid, wantType, this.asked.knows(key));
    this.asked.set(key, wantType);
    this.#way.flushLater();
  }

  /** Takes a want of a session back, if the peer still remembers it; answers whether it did. */
  cancel(key: BlockKey, cid: Uint8Array, session: number): boolean {
    if (!this.asked.settle(key, session)) return false;
    this.#way.outbox.cancel(key, cid);
    this.#way.flushLater();
    return true;
  }

  sendPresence(cid: Uint8Array, has: boolean): void {
    this.#way.outbox.presence({ cid, has });
    this.#way.flushLater();
  }

  sendBlock(prefix: Uint8Array, data: Uint8Array): void {
    this.#way.outbox.block({ prefix, data });
    this.#way.flushLater();
  }

  /** Another connection leads to it now: what could not be said on the one before may be said on this one. */
  reconnected(): void {
    this.#revive();
  }

  /** It delivered something that was asked for. */
  delivered(): void {
    this.activeMs = this.#environment.turns.nowMs;
  }

  /** Takes a stream that the peer opened; `onFault` hears of what it did wrong, and then `onEnded` of its end. */
  accept(stream: ProtocolStream, onFault: (error: EngineError) => void, onEnded: () => void): void {
    const inbound = new InboundStream(this.#environment, stream, this.#writer, {
      message: (message) => {
        this.#revive();
        this.#owner.message(this, message);
      },
      arrived: (bytes) => this.#arrived(bytes),
      held: (change) => this.#held(change),
      fault: (error) => {
        onFault(error);
        this.#fault(error);
      },
      ended: (ended) => {
        this.#inbound?.delete(ended);
        onEnded();
      },
    });
    if (!inbound.done) (this.#inbound ??= new Set()).add(inbound);
  }

  /** The peer is gone, or we are going. */
  close(): void {
    this.#usable = false;
    this.#queue?.close();
    for (const inbound of this.#inbound ?? []) inbound.close();
    for (const reader of this.#outboundReaders ?? []) reader.stop();
    this.#inbound = undefined;
    this.#outboundReaders = undefined;
    this.#asked?.clear();
  }

  /** It can only remember so much: what it said it lacks is of least use there. */
  #forgetLacked(): void {
    const key = this.asked.oldestLacked();
    if (key === undefined) return;
    const cid = this.#owner.cidOf(key);
    if (cid !== undefined) this.cancel(key, cid, 0);
  }

  /** Nodes of the first generation had the way out from the start. */
  #begin(): void {
    if (this.#environment.generation < 2) this.#queue = this.#makeQueue();
  }

  /** The way out: a machine, made when there is something to say. */
  get #way(): MessageQueue {
    return (this.#queue ??= this.#makeQueue());
  }

  #makeQueue(): MessageQueue {
    return new MessageQueue(this.#environment, this.#network, this.id, {
      streamOpened: (stream, version) => this.#streamOpened(stream, version),
      streamLost: () => this.#sayAgain(),
      drained: () => this.#owner.drained(this),
      ended: (error) => {
        this.#reachable = false;
        this.#retire(error);
      },
    });
  }

  /** A peer that says something speaks bitswap after all, or answers again: it gets another chance. */
  #revive(): void {
    if (this.#reachable) return;
    this.#reachable = true;
    this.#queue = undefined;
    this.#begin();
    this.#usable = this.#faults < this.#environment.limits.bitswapFaults;
    if (this.#usable) this.#owner.usable(this);
  }

  #streamOpened(stream: ProtocolStream, version: BitswapVersion): void {
    this.version = version;
    // A peer should answer on a stream of its own, but reading ours too costs nothing and tells us when it is reset.
    // The stream may end while its reader is made, so nothing here may name the reader before it is there.
    const made: { reader?: StreamReader } = {};
    const forget = (): void => {
      if (made.reader !== undefined) this.#outboundReaders?.delete(made.reader);
    };
    const reader = new StreamReader(this.#environment, stream, this.#writer, {
      message: (message) => this.#owner.message(this, message),
      arrived: (bytes) => this.#arrived(bytes),
      held: (change) => this.#held(change),
      refused: (error) => {
        forget();
        this.#fault(error);
        stream.reset();
        this.#queue?.streamReset(stream);
      },
      ended: forget,
      reset: () => {
        forget();
        this.#queue?.streamReset(stream);
      },
    });
    made.reader = reader;
    if (!reader.stopped) (this.#outboundReaders ??= new Set()).add(reader);
  }

  #arrived(bytes: number): void {
    this.#unnotedBytes += bytes;
    if (this.#unnotedBytes < PROGRESS_BYTES) return;
    this.#unnotedBytes = 0;
    this.delivered();
  }

  #held(change: number): void {
    this.#heldBytes += change;
    const limit = this.#environment.limits.bitswapReceiveBytesPerPeer;
    if (change > 0 && this.#heldBytes > limit) {
      throw new EngineError('ERR_BITSWAP_TOO_LARGE', 'remote', `bitswap: over ${limit} bytes of unfinished messages`);
    }
  }

  #fault(error: EngineError): void {
    this.#faults++;
    this.ledger.faults++;
    this.#owner.fault(this, error);
    if (this.#faults >= this.#environment.limits.bitswapFaults) this.#retire(error);
  }

  /** Says everything that still counts on a new stream, as a whole wantlist: also heals cancels that were lost. */
  #sayAgain(): void {
    if (this.#asked === undefined || this.#asked.size === 0) return;
    this.#way.outbox.sayAll();
    for (const [key, wantType] of this.#asked.unanswered()) {
      const cid = this.#owner.cidOf(key);
      if (cid !== undefined) this.#way.outbox.want(key, cid, wantType, true);
    }
    this.#way.flushLater();
  }

  #retire(error: EngineError): void {
    if (!this.#usable) return;
    this.#usable = false;
    this.#asked?.clear();
    this.#owner.unusable(this, error);
  }
}
