/**
 * Bitswap of one node, both ways: fetches blocks for its sessions and serves blocks to peers
 * (specs.ipfs.tech/bitswap-protocol, 1.2.0 with 1.1.0 and 1.0.0 as fall-backs).
 */
import { Subscription, type Observable } from 'rxjs';
import { hasherOf } from '../../dag/block.js';
import { EngineError } from '../../errors.js';
import type { BlockStore, StoredBlock } from '../../ports.js';
import { cidMultihash } from '../../wire/bitswap-cid.js';
import type { BitswapMessage, WireBlock } from '../../wire/bitswap.js';
import type { Environment } from '../environment.js';
import { RenewedMap } from '../renewed.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import { BlockVerifier, cidOfBlock } from './block-verifier.js';
import { BlockWriter } from './block-writer.js';
import { EventSource, type BitswapEvent } from './events.js';
import { cidKey, multihashKey, type BlockKey } from './keys.js';
import { LedgerBook, type Ledger } from './ledger.js';
import { BITSWAP_PROTOCOLS, type BitswapNetwork } from './network.js';
import { BitswapPeer, type PeerOwner } from './peer.js';
import { ProviderSearch, type ProviderSource } from './provider-search.js';
import { BitswapServer } from './server.js';
import { SessionActor } from './session-actor.js';
import type { BitswapSession } from './session.js';
import { tellWants } from './standing-wants.js';
import type { Want, Wantlist } from './wantlist.js';

/** What bitswap is made of. */
export interface BitswapOptions {
  readonly network: BitswapNetwork;
  /** Where blocks come from and go to. */
  readonly store: BlockStore;
  /** Who finds providers beyond the connected peers. Default: nobody does. */
  readonly providers?: ProviderSource | undefined;
}

/** Options of a session. */
export interface SessionOptions {
  /** Peers believed to have the blocks. */
  readonly peers?: readonly string[];
  /** Whether providers are looked for by the routers, where the node has any. Default: yes. */
  readonly search?: boolean | undefined;
}

/** One entry of a peer's wantlist, for people. */
export interface PeerWantInfo {
  readonly cid: string;
  readonly priority: number;
  readonly wantType: 'block' | 'have';
}

/** Bitswap of one node. */
export class BitswapActor {
  /** Protocol ids to register {@link handler} for, best first. */
  readonly protocols = BITSWAP_PROTOCOLS;
  readonly #environment: Environment;
  readonly #network: BitswapNetwork;
  readonly #providers: ProviderSource | undefined;
  readonly #peers = new Map<string, BitswapPeer>();
  readonly #sessions = new Map<number, SessionActor>();
  readonly #wants: Wantlist<SessionActor> = new RenewedMap<BlockKey, Want<SessionActor>>();
  readonly #ledgers: LedgerBook;
  readonly #events: EventSource;
  readonly #verifier: BlockVerifier;
  readonly #writer: BlockWriter;
  readonly #server: BitswapServer;
  readonly #subscriptions = new Subscription();
  readonly #peerOwner: PeerOwner;
  #sessionCount = 0;
  #running = false;

  constructor(environment: Environment, { network, store, providers }: BitswapOptions) {
    const { turns, limits, ciphers } = environment;
    this.#environment = environment;
    this.#network = network;
    this.#providers = providers;
    this.#ledgers = new LedgerBook(limits.bitswapDepartedLedgers);
    this.#events = new EventSource(environment);
    this.#verifier = new BlockVerifier(hasherOf(ciphers));
    this.#server = new BitswapServer(store, turns, limits, this.#events);
    this.#writer = new BlockWriter(store, turns, limits, (blocks) => this.#server.notify(blocks));
    this.#peerOwner = {
      message: (peer, message) => this.#receive(peer, message),
      fault: (peer, error) => this.#faulted(peer, error),
      unusable: (peer) => this.#forAll((session) => session.peerLost(peer)),
      usable: (peer) => this.#arrived(peer),
      drained: (peer) => this.#server.drained(peer),
      cidOf: (key) => this.#wants.get(key)?.cid.bytes,
    };
    environment.whenObserved((tell) => tellWants(this.#wants, this.#peers, tell, limits));
  }

  /** Begins: takes up the peers that are connected and hears of others. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#subscriptions.add(this.#network.connected$.subscribe((peer) => this.#connected(peer)?.reconnected()));
    this.#subscriptions.add(this.#network.disconnected$.subscribe((peer) => this.#disconnected(peer)));
    this.#environment.turns.post(() => {
      for (const peer of this.#network.peers()) this.#connected(peer);
    });
  }

  /** Ends: sessions are closed, streams too. */
  stop(): void {
    this.#running = false;
    this.#subscriptions.unsubscribe();
    this.#environment.turns.post(() => {
      for (const session of [...this.#sessions.values()]) session.close();
      for (const peer of [...this.#peers.keys()]) this.#disconnected(peer);
    });
  }

  /**
   * Takes an inbound stream of one of {@link protocols}; resolves when it has ended, rejects with what the peer did
   * wrong on it.
   */
  readonly handler = (stream: ProtocolStream): Promise<void> => {
    const served = new Promise<void>((resolve, reject) => {
      this.#environment.turns.post(() => {
        const peer = this.#running ? this.#connected(stream.connection.remotePeer) : undefined;
        if (peer !== undefined) {
          peer.accept(stream, reject, resolve);
          return;
        }
        stream.reset();
        resolve();
      });
    });
    // Whoever does not listen need not hear of it: the peer's faults are counted in any case.
    served.catch(() => undefined);
    return served;
  };

  /** A session for the wants of one request tree. Throws `ERR_NODE_STOPPED`. */
  createSession({ peers = [], search = true }: SessionOptions = {}): BitswapSession {
    if (!this.#running) throw new EngineError('ERR_NODE_STOPPED', 'local', 'bitswap is not running');
    const number = ++this.#sessionCount;
    const providers = search ? this.#providers : undefined;
    const host = {
      environment: this.#environment,
      wants: this.#wants,
      peers: this.#peers,
      events: this.#events,
      ended: (ended: SessionActor) => this.#sessions.delete(ended.number),
      ...(providers === undefined ? {} : { search: (searched: SessionActor) => this.#searchFor(searched, providers) }),
    };
    const session = new SessionActor(host, number, peers);
    this.#sessions.set(number, session);
    return session;
  }

  /** Blocks that came into the store by other ways: peers that want them get them, and so do our own sessions. */
  notifyNewBlocks(blocks: readonly StoredBlock[]): void {
    if (this.#wants.size === 0 && this.#server.waiting.size === 0) return;
    this.#environment.turns.post(() => {
      for (const { cid, bytes } of blocks) {
        const want = this.#wants.get(cidKey(cid));
        if (want === undefined) continue;
        this.#wants.delete(want.key);
        want.session.delivered(want, undefined, bytes);
        want.session.messageDone();
      }
      this.#server.notify(blocks);
    });
  }

  /** Every session's events, and what we serve. Costs nothing while unobserved. */
  get events$(): Observable<BitswapEvent> {
    return this.#events.events$;
  }

  /** Sessions that are not over. */
  get sessions(): readonly BitswapSession[] {
    return [...this.#sessions.values()];
  }

  /** Blocks that some session waits for. */
  get wantedBlocks(): number {
    return this.#wants.size;
  }

  /** Ledgers by peer, of those that left too. */
  get ledgers(): ReadonlyMap<string, Readonly<Ledger>> {
    return this.#ledgers.all();
  }

  /** Reads of the store that failed while serving. */
  get storeFailures(): number {
    return this.#server.storeFailures;
  }

  /** What a connected peer wants of us. */
  wantlistOf(peer: string): readonly PeerWantInfo[] {
    const known = this.#peers.get(peer);
    const wants = known?.hasWantlist === true ? known.wantlist.wants() : [];
    return wants.map(({ cid, priority, wantType }) => ({ cid: cid.toString(), priority, wantType }));
  }

  #searchFor(session: SessionActor, source: ProviderSource): ProviderSearch {
    return new ProviderSearch(this.#environment, session, source, () => this.#peers.size === 0);
  }

  #connected(id: string): BitswapPeer | undefined {
    const known = this.#peers.get(id);
    if (known !== undefined || !this.#network.peers().includes(id)) return known;
    const ledger = this.#ledgers.open(id);
    const { waiting } = this.#server;
    const peer = new BitswapPeer(this.#environment, this.#network, id, ledger, this.#writer, waiting, this.#peerOwner);
    this.#peers.set(id, peer);
    this.#arrived(peer);
    return peer;
  }

  #arrived(peer: BitswapPeer): void {
    this.#forAll((session) => session.peerArrived(peer));
    this.#server.drained(peer);
  }

  #disconnected(id: string): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    this.#peers.delete(id);
    peer.close();
    this.#server.forget(peer);
    this.#ledgers.close(id);
    this.#forAll((session) => session.peerLost(peer));
  }

  #faulted(peer: BitswapPeer, error: EngineError): void {
    this.#events.tell('peer.fault', peer.id, { code: error.code });
    this.#forAll((session) => session.peerFaulted(peer));
  }

  /** Blocks first, so that a message that also carries wants is answered from what it brought. */
  #receive(peer: BitswapPeer, message: BitswapMessage): void {
    const touched = new Set<SessionActor>();
    let strays = 0;
    for (const block of message.blocks) if (!this.#receiveBlock(peer, block, touched)) strays++;
    for (const { cid, has } of message.presences)
      this.#receivePresence(peer, multihashKey(cidMultihash(cid)), has, touched);
    for (const session of touched) session.messageDone();
    if (message.wantlist !== undefined) this.#server.receive(peer, message.wantlist);
    if (strays === 0) return;
    peer.ledger.unrequested += strays;
    const text = `bitswap: ${strays} of ${message.blocks.length} blocks are not what was asked for`;
    throw new EngineError('ERR_BLOCK_MISMATCH', 'remote', text);
  }

  /** Answers whether the block is one that was asked for, now or before. */
  #receiveBlock(peer: BitswapPeer, block: WireBlock, touched: Set<SessionActor>): boolean {
    const key = this.#verifier.keyOf(block);
    if (key === undefined) return false;
    const want = this.#wants.get(key);
    if (want === undefined) return this.#receiveDuplicate(peer, key, block);
    const { session } = want;
    this.#wants.delete(key);
    peer.asked.settle(key, session.number);
    peer.delivered();
    peer.ledger.blocksReceived++;
    peer.ledger.bytesReceived += block.data.length;
    const bytes = keptBytes(block.data);
    if (this.#events.observed) {
      this.#events.tell('block.received', peer.id, { session: session.number, cid: want.cid, bytes: bytes.length });
    }
    this.#store(want, bytes);
    session.delivered(want, peer, bytes);
    touched.add(session);
    return true;
  }

  #receiveDuplicate(peer: BitswapPeer, key: BlockKey, block: WireBlock): boolean {
    const bytes = block.data.length;
    const number = peer.asked.recentSession(key);
    if (number === undefined) return false;
    peer.ledger.duplicates++;
    this.#sessions.get(number)?.duplicate(peer, bytes);
    if (this.#events.observed) {
      this.#events.tell('duplicate.received', peer.id, { session: number, cid: cidOfBlock(block), bytes });
    }
    return true;
  }

  #receivePresence(peer: BitswapPeer, key: BlockKey, has: boolean, touched: Set<SessionActor>): void {
    const want = this.#wants.get(key);
    if (want === undefined) return;
    const { session } = want;
    if (!has) peer.asked.lacks(key);
    else if (want.owedBy?.peer !== peer) peer.asked.settle(key, session.number);
    if (this.#events.observed) {
      this.#events.tell(has ? 'have.received' : 'dont-have.received', peer.id, {
        session: session.number,
        cid: want.cid,
      });
    }
    session.answered(want, peer, has);
    touched.add(session);
  }

  #store(want: Want<SessionActor>, bytes: Uint8Array): void {
    const owners = new Set<SessionActor>();
    for (const { session } of want.waiters) owners.add(session);
    for (const owner of owners) owner.storing();
    this.#writer.add({ cid: want.cid, bytes }, owners);
  }

  #forAll(tell: (session: SessionActor) => void): void {
    for (const session of [...this.#sessions.values()]) tell(session);
  }
}

/** A view that would keep a much larger message alive is copied; a large one is kept as it is. */
function keptBytes(data: Uint8Array): Uint8Array {
  return data.length * 4 >= data.buffer.byteLength ? data : data.slice();
}
