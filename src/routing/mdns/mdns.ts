/**
 * mDNS: finds the peers of the local network and is found by them (libp2p/specs discovery/mdns.md). A discovery, and a
 * router that knows where a peer is.
 *
 * Answers go to the whole network, also to who asks from another port (rust-libp2p does, and listens on 5353 alone), and
 * answers count from whatever port they come (rust again).
 */
import { Observable, Subject } from 'rxjs';
import type { Environment } from '../../actors/environment.js';
import { spawnMachine, type MachineActor } from '../../actors/spawn.js';
import { parsePeerId } from '../../crypto/peer-id.js';
import { EngineError } from '../../errors.js';
import { mdnsQueryMachine, type MdnsQueryEffect } from '../../machines/mdns-query.js';
import type { DatagramEndpoint, Datagrams } from '../../ports.js';
import { addressFacts } from '../../wire/address-class.js';
import {
  encodeMdnsAnswer,
  encodeMdnsQuery,
  encodeMdnsServices,
  type MdnsPeer,
  type MdnsQuery,
} from '../../wire/mdns.js';
import type { DiscoveredPeer, Discovery, PeerAnswer, RoutedPeer, Router, RoutingOptions } from '../router.js';
import { untilAborted } from '../until-aborted.js';
import { MdnsAnswerer, mdnsDelayMs } from './answerer.js';
import { MdnsIntake, type MdnsCounts } from './intake.js';
import { MdnsLookups, type LookupListener } from './lookups.js';
import { Neighbours } from './neighbours.js';
import { MdnsSocket } from './socket.js';

/** RFC 6762, section 3. */
export const MDNS_PORT = 5353;
export const MDNS_GROUP = '224.0.0.251';

/** What {@link Mdns} is made of. */
export interface MdnsOptions {
  readonly datagrams: Datagrams;
  /** Our peer id, in canonical text. */
  readonly peer: string;
  /** Where we listen, as multiaddr texts with or without `/p2p/`: asked for at each answer. */
  addresses(): readonly string[];
  /** Tells and takes addresses of loopback too: for several nodes on one machine. Default false. */
  readonly loopback?: boolean;
  /** Answers nobody. Default false. */
  readonly silent?: boolean;
  /** The intervals of our questions grow to this, at least to `limits.mdnsPaceMs`. Default `limits.mdnsQueryMaxMs`. */
  readonly queryIntervalMs?: number;
  /** Default {@link MDNS_PORT} and {@link MDNS_GROUP}; others for tests. */
  readonly port?: number;
  readonly group?: string;
  /** IPv4 addresses of the interfaces to use. Default: see `DatagramOptions`. */
  readonly interfaces?: readonly string[];
  /** Hears why the socket is gone; it is tried again. */
  readonly onFailed?: (error: EngineError) => void;
}

/** One node's mDNS. */
export class Mdns implements Discovery, Router {
  readonly name = 'mdns';
  readonly #environment: Environment;
  readonly #options: MdnsOptions;
  readonly #neighbours: Neighbours;
  readonly #intake: MdnsIntake;
  readonly #lookups: MdnsLookups;
  readonly #socket: MdnsSocket;
  readonly #found = new Subject<DiscoveredPeer>();
  #machine: MachineActor<typeof mdnsQueryMachine> | undefined;
  #answers: MdnsAnswerer | undefined;
  #services: MdnsAnswerer | undefined;
  /** Our name on the network, a new one at each start. */
  #ownName = '';
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(environment: Environment, options: MdnsOptions) {
    this.#environment = environment;
    this.#options = options;
    this.#neighbours = new Neighbours(environment.limits);
    this.#intake = new MdnsIntake(environment.limits, environment.turns.nowMs);
    this.#lookups = new MdnsLookups(environment);
    const { datagrams, port = MDNS_PORT, group = MDNS_GROUP, interfaces } = options;
    const socketOptions = { port, group, ...(interfaces === undefined ? {} : { interfaces }) };
    this.#socket = new MdnsSocket(environment, datagrams, socketOptions, {
      opened: () => this.#machine?.send({ type: 'socket.opened' }),
      failed: (error) => {
        this.#options.onFailed?.(error);
        this.#machine?.send({ type: 'socket.failed' });
      },
      message: (bytes, from) => this.#receive(bytes, from),
    });
  }

  /** Every peer as often as it is told of. */
  get peers$(): Observable<DiscoveredPeer> {
    return this.#found;
  }

  /** Who is there, as far as it is known without asking. */
  get peers(): readonly RoutedPeer[] {
    return this.#neighbours.living(this.#environment.turns.nowMs);
  }

  get counts(): MdnsCounts {
    return this.#intake.counts;
  }

  start(): void {
    this.#environment.turns.post(() => this.#start());
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#environment.turns.post(() => {
        this.#stop();
        void this.#socket.closed().then(resolve);
      });
    });
  }

  /** Our addresses have changed: tells the network, without having been asked. */
  announce(): void {
    this.#environment.turns.post(() => this.#answers?.asked());
  }

  /**
   * Where a peer of the local network is: what was heard, else what is heard within `limits.mdnsLookupTimeoutMs`. Completes
   * without an answer when it is not here. Errors with `ERR_MDNS_CLOSED` where nobody can be asked, `ERR_MDNS_BUSY` with
   * too many such calls, `ERR_INVALID_ARGUMENT` for what is no peer id.
   */
  findPeer(peer: string, { signal }: RoutingOptions = {}): Observable<PeerAnswer> {
    const { turns } = this.#environment;
    const answers = new Observable<PeerAnswer>((subscriber) => {
      let cancel: () => void = () => undefined;
      turns.post(() => {
        if (subscriber.closed) return;
        cancel = this.#look(peer, {
          found: (found) => subscriber.next({ source: this.name, peer: found }),
          over: (error) => (error === undefined ? subscriber.complete() : subscriber.error(error)),
        });
      });
      return () => turns.post(() => cancel());
    });
    return untilAborted(answers, signal);
  }

  #start(): void {
    if (this.#machine !== undefined) return;
    const { limits } = this.#environment;
    this.#ownName = this.#newName();
    this.#answers = new MdnsAnswerer(this.#environment, { address: 'mdns/answer', send: () => this.#tellPeers() });
    this.#services = new MdnsAnswerer(this.#environment, {
      address: 'mdns/services',
      send: () => this.#tellServices(),
    });
    this.#answers.start();
    this.#services.start();
    this.#machine = spawnMachine(this.#environment, mdnsQueryMachine, {
      address: 'mdns',
      input: {
        settleMs: mdnsDelayMs(this.#environment),
        paceMs: limits.mdnsPaceMs,
        maxIntervalMs: Math.max(limits.mdnsPaceMs, this.#options.queryIntervalMs ?? limits.mdnsQueryMaxMs),
        reopenMs: limits.mdnsReopenMs,
      },
      perform: (effect) => this.#perform(effect),
      broken: () => this.#stop(),
    });
    this.#machine.start();
  }

  #stop(): void {
    this.#machine?.send({ type: 'local.stop' });
    this.#machine = undefined;
    this.#answers?.stop();
    this.#services?.stop();
    this.#answers = undefined;
    this.#services = undefined;
    this.#socket.close();
    this.#neighbours.clear();
    this.#lookups.fail(new EngineError('ERR_MDNS_CLOSED', 'local', 'mdns: it was stopped'));
  }

  #perform(effect: MdnsQueryEffect): void {
    switch (effect.type) {
      case 'open.socket':
        this.#socket.open();
        return;
      case 'send.query':
        this.#ask();
        return;
      case 'report.closed':
        this.#socket.close();
        return;
      case 'report.failed':
        this.#stop();
        return;
      default:
        effect satisfies never;
    }
  }

  #ask(): void {
    this.#askedAtMs = this.#environment.turns.nowMs;
    this.#socket.send(encodeMdnsQuery(this.#neighbours.knownNames(this.#askedAtMs)));
    // A peer answers its own question, so that others hear of it: nothing is left to whether we hear ourselves.
    this.#answers?.asked();
  }

  #receive(bytes: Uint8Array, from: DatagramEndpoint): void {
    const { nowMs } = this.#environment.turns;
    const message = this.#intake.read(bytes, from, nowMs);
    if (message?.type === 'query') this.#hearQuery(message, nowMs);
    else for (const peer of message?.peers ?? []) this.#hearPeer(peer, from, nowMs);
  }

  #hearQuery({ questions, known }: MdnsQuery, nowMs: number): void {
    const { mdnsRecordSeconds, mdnsPaceMs } = this.#environment.limits;
    // Who has our answer, good for half its life at least, does not want it again (RFC 6762, 7.1).
    const knowsUs = 2 * (known.get(this.#ownName) ?? 0) >= mdnsRecordSeconds;
    for (const question of questions) {
      if (question.kind === 'services') this.#services?.asked();
      else if (question.kind === 'peer' ? question.name === this.#ownName : !knowsUs) this.#answers?.asked();
    }
    // Soon after our own it is that one, come back, or one that came too late to spare it.
    const isOurs = nowMs - this.#askedAtMs < mdnsPaceMs;
    // Who knows some of the peers already has not asked them for us (RFC 6762, 7.3).
    const isEverybodys = questions.some(({ kind }) => kind === 'peers') && known.size === 0;
    if (isEverybodys && !isOurs) this.#machine?.send({ type: 'wire.question' });
  }

  #hearPeer({ name, ttlSeconds, id, addresses }: MdnsPeer, from: DatagramEndpoint, nowMs: number): void {
    const peer = canonical(id);
    if (peer === this.#options.peer) return;
    const useful = addresses.filter((address) => this.#isUseful(address));
    if (peer === undefined || useful.length === 0) {
      this.#intake.refused();
      return;
    }
    if (ttlSeconds === 0) {
      this.#neighbours.drop(peer, name);
      return;
    }
    const lifeMs = 1000 * Math.min(ttlSeconds, this.#environment.limits.mdnsRecordMaxSeconds);
    const routed = { id: peer, addresses: useful };
    const one = { name, peer: routed, host: from.address, toldAtMs: nowMs, expiresAtMs: nowMs + lifeMs };
    if (!this.#neighbours.put(one, nowMs)) {
      this.#intake.refused();
      return;
    }
    this.#found.next({ source: this.name, peer: routed });
    this.#lookups.heard(routed);
  }

  /** Looks for a peer; answers what ends that. */
  #look(text: string, listener: LookupListener): () => void {
    const nothing = (): void => undefined;
    const refuse = (code: 'ERR_INVALID_ARGUMENT' | 'ERR_MDNS_CLOSED' | 'ERR_MDNS_BUSY', what: string) => {
      listener.over(new EngineError(code, 'local', `mdns: ${what}`));
      return nothing;
    };
    const peer = canonical(text);
    if (peer === undefined) return refuse('ERR_INVALID_ARGUMENT', `"${text.slice(0, 64)}" is no peer id`);
    const known = this.#neighbours.find(peer, this.#environment.turns.nowMs);
    if (known !== undefined) {
      listener.found(known);
      listener.over();
      return nothing;
    }
    const state = this.#machine?.state ?? 'stopped';
    if (state === 'stopped' || state === 'closed') return refuse('ERR_MDNS_CLOSED', 'nobody can be asked');
    if (this.#lookups.isFull) return refuse('ERR_MDNS_BUSY', 'too many peers are looked for');
    const cancel = this.#lookups.add(peer, listener);
    this.#machine?.send({ type: 'local.seek' });
    return cancel;
  }

  #tellPeers(): void {
    if (this.#options.silent === true) return;
    const { limits } = this.#environment;
    const addresses = this.#options
      .addresses()
      .map((address) => address.replace(/\/p2p\/[^/]+$/, ''))
      .filter((address) => this.#isUseful(address));
    if (addresses.length === 0) return;
    const { peer: id } = this.#options;
    const self = { name: this.#ownName, id, addresses, ttlSeconds: limits.mdnsRecordSeconds };
    this.#socket.send(encodeMdnsAnswer(self, limits));
  }

  #tellServices(): void {
    if (this.#options.silent === true) return;
    this.#socket.send(encodeMdnsServices(this.#environment.limits.mdnsRecordSeconds));
  }

  /** Whether an address is one at which somebody else on the local network can reach a peer. */
  #isUseful(address: string): boolean {
    const facts = addressFacts(address);
    if (facts === undefined || facts.isRelayed) return false;
    if (facts.reach === 'loopback') return this.#options.loopback === true;
    return facts.reach !== 'nowhere' && facts.reach !== 'inside';
  }

  #newName(): string {
    const bytes = this.#environment.random.bytes('mdns.name', this.#environment.limits.mdnsNameChars);
    return [...bytes].map((byte) => NAME_LETTERS[byte % NAME_LETTERS.length]).join('');
  }
}

/** 32 of them, so that each is as likely as any other. */
const NAME_LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';

function canonical(peer: string): string | undefined {
  try {
    return parsePeerId(peer);
  } catch {
    return undefined;
  }
}
