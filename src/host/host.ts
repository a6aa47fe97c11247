/**
 * The host: one node, whole. It holds the swarm, answers identify, ping, echo and perf, exchanges blocks over bitswap,
 * and adds and gets UnixFS content on its block store.
 */
import type { CID } from 'multiformats/cid';
import type { Observable } from 'rxjs';
import type { SessionOptions } from '../actors/bitswap/bitswap-actor.js';
import { BITSWAP_PROTOCOLS } from '../actors/bitswap/network.js';
import type { BitswapSession } from '../actors/bitswap/session.js';
import type { TransitionNotice } from '../actors/environment.js';
import type { DhtActor } from '../actors/dht/dht-actor.js';
import type { Ipns } from '../actors/ipns/ipns.js';
import type { ComposedRouter } from '../actors/routing/composed-router.js';
import type { IdentifyResult } from '../actors/protocols/identify-handler.js';
import type { Tag, TagOptions } from '../actors/policy/peer-tags.js';
import type { ResourcesSnapshot } from '../actors/policy/resource-manager.js';
import { PING_PROTOCOL, pingPeer } from '../actors/protocols/ping-handler.js';
import type { ProtocolStream, StreamHandler } from '../actors/stream/protocol-stream.js';
import type { CallOptions, OpenStreamOptions, SwarmDialOptions } from '../actors/swarm/swarm-options.js';
import { parsePeerId } from '../crypto/peer-id.js';
import type { EngineError } from '../errors.js';
import { toldLimits } from '../limits.js';
import type { ConnectionMessage } from '../messages.js';
import type { BlockStore, DataStore, HttpServer, TraceSink } from '../ports.js';
import type { DelegatedRoutingServer } from '../routing/delegated/server.js';
import type { BlockTarget, HandleOptions, PingOptions } from './call-options.js';
import { isBlock } from './call-options.js';
import { connectionInfo, streamInfo, type ConnectionInfo, type StreamInfo } from './connection-info.js';
import type { AddOptions, Added, ContentEntry, FileSource, GetOptions, TreeSource } from './content.js';
import type { HostEvent } from './host-events.js';
import type { HostOptions } from './options.js';
import { hostParts, type HostParts } from './parts.js';
import type { Providing } from './routing/providing.js';
import type { Peers } from './peers.js';
import type { RecordedNode, Recording, RecordOptions } from './recording.js';
import { Recordings } from './recordings.js';
import type { Inspection, InspectOptions } from './inspection.js';
import { Inspections } from './inspections.js';
import { ownerOfBlock } from './block-owner.js';

export type { BlockTarget, HandleOptions, PingOptions } from './call-options.js';

/** A node. Made by `createNode`. */
export class Host {
  readonly peerId: string;
  readonly blocks: BlockStore;
  readonly data: DataStore;
  readonly #options: HostOptions;
  readonly #parts: HostParts;
  readonly #recordings: Recordings;
  readonly #inspections: Inspections;
  #stopped: Promise<void> | undefined;

  constructor(options: HostOptions) {
    this.#options = options;
    this.peerId = options.identity.peerId;
    this.blocks = options.blocks;
    this.data = options.data;
    this.#recordings = new Recordings(options.openRecording);
    this.#inspections = new Inspections(options.openInspection);
    this.#parts = hostParts(options);
  }

  // ------------------------------------------------------------ life

  /** Listens and connects to the bootstrap peers; called by `createNode`. Rejects with `ERR_LISTEN_FAILED`. */
  async start(): Promise<void> {
    try {
      const starting = this.#parts.services.start();
      if (starting !== undefined) await starting;
      for (const address of this.#options.listen) await this.#parts.swarm.listen(address);
      this.#parts.services.listening();
    } catch (thrown) {
      await this.#parts.swarm.stop();
      await this.#parts.services.stop();
      throw thrown;
    }
    this.#parts.bitswap.start();
    this.#parts.manager.start();
    this.#parts.routing.start();
  }

  /** Closes every stream, connection and store. Resolves when all is gone; calling it again changes nothing. */
  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      this.#recordings.refuse();
      this.#inspections.refuse();
      const routing = this.#parts.routing.stop();
      if (routing !== undefined) await routing;
      this.#parts.bitswap.stop();
      this.#parts.manager.stop();
      await this.#parts.swarm.stop();
      const stopping = this.#parts.services.stop();
      if (stopping !== undefined) await stopping;
      await this.#recordings.stop();
      await this.#inspections.stop();
      await this.#options.onStopped?.();
    })();
    return this.#stopped;
  }

  // ------------------------------------------------------------ seeing

  /** Every message that passes between two handlers, in order. Costs nothing while nobody listens. */
  get messages$(): Observable<ConnectionMessage> {
    return this.#parts.environment.messages$;
  }

  /** Every step of every machine, as it happens. */
  get transitions$(): Observable<TransitionNotice> {
    return this.#parts.environment.transitions$;
  }

  /** Connections, peers and streams as they come and go. */
  get events$(): Observable<HostEvent> {
    return this.#parts.events$;
  }

  /** Bugs of the engine; the node goes on. */
  get broken$(): Observable<EngineError> {
    return this.#parts.environment.broken$;
  }

  /** How this node was made, for a trace of it. */
  get recorded(): RecordedNode {
    const { security, muxers, listen, agentVersion, limits } = this.#options;
    const ids = { security: security.map(({ id }) => id), muxers: muxers.map(({ id }) => id) };
    return { peerId: this.peerId, config: { ...ids, listen, agentVersion, limits: toldLimits(limits) } };
  }

  /** Sends every trace record to `sink`, from now until the answer is called. Costs nothing while nobody listens. */
  traceTo(sink: TraceSink): () => void {
    return this.#parts.environment.traceTo(sink);
  }

  /**
   * Writes what happens from now on to a trace file (docs/trace.md; packed where `path` ends in `.gz`). It ends when the
   * answer is stopped, or the node. Throws `ERR_INVALID_ARGUMENT` where the file's name or the class is not allowed, and
   * the file system's errors.
   */
  record(path: string, options: RecordOptions = {}): Recording {
    return this.#recordings.begin(path, options, this);
  }

  /**
   * Serves the inspector's page for this node on loopback, until the answer is closed or the node stops
   * (docs/inspector.md). The node is listened to while a page looks. Rejects with `ERR_LISTEN_FAILED`.
   */
  inspect(options: InspectOptions = {}): Promise<Inspection> {
    return this.#inspections.begin(options, this, this.#parts.environment);
  }

  /** Live machine actors; zero after `stop`. */
  get liveActors(): number {
    return this.#parts.environment.liveActors;
  }

  /** Our listen addresses with our peer id. */
  get addresses(): readonly string[] {
    return this.#parts.swarm.fullAddresses;
  }

  /** Ids of the protocols that are answered, patterns included. */
  get handledProtocols(): readonly string[] {
    return this.#parts.swarm.protocols.all();
  }

  /** Finds peers, providers and values by every router of the node: see {@link CreateNodeOptions.routing}. */
  get routing(): ComposedRouter {
    return this.#parts.routing.router;
  }

  /** What the node provides in each of its DHTs. */
  get providing(): readonly Providing[] {
    return this.#parts.routing.providing;
  }

  /** Names of IPNS: publishes, renews and resolves them, where the node has routing. */
  get names(): Ipns {
    return this.#parts.routing.names;
  }

  /** A server of what the node's routers find, over HTTP Routing V1 (docs/delegated-routing.md); its owner stops it. */
  routingServer(http: HttpServer): DelegatedRoutingServer {
    return this.#parts.routing.server(http);
  }

  /** The DHTs of the node: their tables, and how their queries go. */
  get dhts(): readonly DhtActor[] {
    return this.#parts.routing.dhts;
  }

  /** Where others see this node: addresses that several of them agree on, without peer id. */
  get observedAddresses(): readonly string[] {
    return this.#parts.services.observedAddresses;
  }

  /** What this node knows of others. */
  get peers(): Peers {
    return this.#parts.services.peers;
  }

  /** What connections, streams and memory the node uses, by scope, and what it may use. */
  resources(): ResourcesSnapshot {
    return this.#parts.swarm.policy.resources.snapshot;
  }

  /** Open connections, oldest first. */
  connections(): readonly ConnectionInfo[] {
    return this.#parts.swarm.connections.map(connectionInfo);
  }

  /** Live streams whose protocol is agreed. */
  streams(): readonly StreamInfo[] {
    return this.#parts.swarm.streams.map(streamInfo);
  }

  // ------------------------------------------------------------ peers and streams

  /** A connection with `target`, a multiaddr or the id of a known peer; dialed if there is none, or with `force`. */
  async dial(target: string, options: SwarmDialOptions = {}): Promise<ConnectionInfo> {
    return connectionInfo(await this.#parts.swarm.dial(target, options));
  }

  /** Closes every connection with `peer`. */
  disconnect(peer: string): void {
    this.#parts.environment.turns.post(() => {
      for (const one of this.#parts.swarm.connections) if (one.secured?.remotePeer === peer) one.close();
    });
  }

  /** Closes one connection by its `id`; others with the same peer stay. Answers whether it was open. */
  closeConnection(id: string): boolean {
    const connection = this.#parts.swarm.connections.find(({ address }) => address === id);
    this.#parts.environment.turns.post(() => connection?.close());
    return connection !== undefined;
  }

  /** The tags of a peer that have not expired: what it is worth when connections are trimmed (docs/policy.md). */
  tagsOf(peer: string): Readonly<Record<string, Tag>> {
    return this.#parts.manager.tags.tagsOf(parsePeerId(peer));
  }

  /** Sets a tag on `peer`, with a value and perhaps a time to live. Throws `ERR_INVALID_ARGUMENT`. */
  tag(peer: string, name: string, options: TagOptions = {}): void {
    this.#parts.manager.tags.tag(parsePeerId(peer), name, options);
  }

  /** Removes a tag; answers whether there was one. */
  untag(peer: string, name: string): boolean {
    return this.#parts.manager.tags.untag(parsePeerId(peer), name);
  }

  /** Keeps the connections with `peer` from being trimmed, while it is protected under one name at least. */
  protect(peer: string, name: string): void {
    this.#parts.manager.tags.protect(parsePeerId(peer), name);
  }

  /** Takes a protection back; answers whether the peer is protected still, under another name. */
  unprotect(peer: string, name: string): boolean {
    return this.#parts.manager.tags.unprotect(parsePeerId(peer), name);
  }

  /** Keeps `target` (a multiaddr with peer id, or a known peer) connected; answers its id. Throws `ERR_INVALID_ARGUMENT`. */
  keepAlive(target: string): string {
    return this.#parts.manager.keepAlive(target);
  }

  /** Keeps a peer connected no longer; its connection stays. Answers whether it was kept. */
  endKeepAlive(peer: string): boolean {
    return this.#parts.manager.release(parsePeerId(peer));
  }

  /** Peers that are kept connected, with where each stands: `connected`, `dialing` or `awaitingRetry`. */
  get keptPeers(): Readonly<Record<string, string>> {
    return this.#parts.manager.keptPeers;
  }

  /**
   * Opens a stream to a multiaddr, a known peer, or the peer that has a block (connected, or found by the routers), and
   * agrees on the first of `protocols` (default for a block: bitswap) that it speaks.
   */
  async openStream(
    target: string | BlockTarget,
    protocols: string | readonly string[] = BITSWAP_PROTOCOLS,
    options: OpenStreamOptions = {},
  ): Promise<ProtocolStream> {
    const peer = isBlock(target) ? await ownerOfBlock(this.#parts.bitswap, target, options) : target;
    return this.#parts.swarm.openStream(peer, typeof protocols === 'string' ? [protocols] : protocols, options);
  }

  /** Handles inbound streams of `protocol` (`*` at its end: of every id that begins so). Throws `ERR_PROTOCOL_DUPLICATE`. */
  registerHandle(protocol: string, handler: StreamHandler, options: HandleOptions = {}): void {
    this.#parts.swarm.registerHandler(protocol, handler, options.maxInboundStreams);
  }

  /** Declines `protocol` from now on; live streams go on. Answers whether it had a handler. */
  unregisterHandle(protocol: string): boolean {
    return this.#parts.swarm.protocols.unregister(protocol);
  }

  /** What the peer says of itself; dials it if there is no connection. Rejects with identify's failure. */
  async identify(target: string, options: CallOptions = {}): Promise<IdentifyResult> {
    return this.#parts.identify.of(await this.#parts.swarm.dial(target, options));
  }

  /** What the peer answers to multistream's `ls`: which protocols it speaks. Most of today answer `na`; {@link identify} asks them. */
  listProtocols(target: string, options: CallOptions = {}): Promise<readonly string[]> {
    return this.#parts.swarm.listProtocols(target, options);
  }

  /** Round-trip times in milliseconds, one after another. */
  async *ping(target: string, options: PingOptions = {}): AsyncIterable<number> {
    const stream = await this.#parts.swarm.openStream(target, [PING_PROTOCOL], options);
    yield* pingPeer(this.#parts.environment, stream, { count: options.count ?? 1 });
  }

  // ------------------------------------------------------------ content

  /** Adds one file: its bytes, or chunks of them as they come (`createReadStream(path)`, a web stream). */
  add(source: FileSource, options: AddOptions = {}): Promise<Added> {
    return this.#parts.content.add(source, options);
  }

  /** Adds a tree of files and folders; the root is the folder that holds them. */
  addTree(entries: TreeSource, options: AddOptions = {}): Promise<Added> {
    return this.#parts.content.addTree(entries, options);
  }

  /** The bytes of a file (a CID, its text, `/ipfs/CID/path`); what the store lacks comes from peers, connected or found by the routers. */
  cat(path: string | CID, options: GetOptions = {}): AsyncIterable<Uint8Array> {
    return this.#parts.content.cat(path, options);
  }

  /** A file or a tree, entry by entry, fetched as {@link cat} does. */
  get(path: string | CID, options: GetOptions = {}): AsyncIterable<ContentEntry> {
    return this.#parts.content.get(path, options);
  }

  /**
   * A bitswap session: single blocks of one request, from peers that learn to be good for it. Close it when done. Throws
   * `ERR_NODE_STOPPED`.
   */
  createSession(options: SessionOptions = {}): BitswapSession {
    return this.#parts.bitswap.createSession(options);
  }
}
