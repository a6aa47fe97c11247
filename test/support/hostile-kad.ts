/**
 * The hostile peer as a server of the DHT: it says in identify that it answers, and answers each question of the node as a
 * script has it. Messages are written by hand over its own yamux, noise and TCP.
 */
import type { Identity } from '../../src/actors/connection/security.js';
import { encodeIdentify } from '../../src/wire/identify.js';
import { decodeKad, encodeKad, type KadMessage, type KadPeer, type KadType } from '../../src/wire/kad.js';
import { encodeVarintPrefixed } from '../../src/wire/length-prefixed.js';
import { peerIdToBytes } from '../../src/crypto/peer-id.js';
import { eventually } from './hostile-pipe.js';
import { upgradeToYamux, type HostileStream, type HostileYamux } from './hostile-yamux.js';
import { kadMessage, KAD } from './kad-pair.js';
import { testIdentity } from './noise-side.js';
import type { Target } from './hostile-target.js';

const IDENTIFY = '/ipfs/id/1.0.0';

/** What is said to a question; nothing is said by itself. */
export type KadScript = (stream: HostileStream, question: KadMessage) => void;

/** How the peer joins. */
export interface HostileKadOptions {
  /** Seed of its identity. Default `mallory`. */
  readonly seed?: string;
  /** Where it says that it listens. Default nowhere. */
  readonly listenAddresses?: readonly string[];
  /** Its answers by type; those that are not here know nobody, in good order. */
  readonly script?: Partial<Record<KadType, KadScript>>;
}

/** A message behind its length, as it goes on a stream. */
export function kadFrame(message: Partial<KadMessage> & Pick<KadMessage, 'type'>): Uint8Array {
  return encodeVarintPrefixed(encodeKad(kadMessage(message)));
}

/** A peer as messages tell of it. */
export function toldPeer(id: string, ...addresses: readonly string[]): KadPeer {
  return { id: peerIdToBytes(id), addresses, connection: 'canConnect' };
}

/** One hostile server. */
export class HostileKad {
  /** Every question of the node, in order. */
  readonly asked: KadMessage[] = [];
  /** Streams of the node for the DHT. */
  readonly streams: HostileStream[] = [];

  private constructor(
    readonly identity: Identity,
    readonly yamux: HostileYamux,
    readonly script: Partial<Record<KadType, KadScript>>,
  ) {}

  /** Connects, tells who it is, and waits until the node has heard that it serves the DHT. */
  static async join({ node, address }: Target, options: HostileKadOptions = {}): Promise<HostileKad> {
    const { seed = 'mallory', listenAddresses = [], script = {} } = options;
    const identity = testIdentity(seed);
    const yamux = await upgradeToYamux(address, { seed, speaks: [IDENTIFY, KAD] });
    const peer = new HostileKad(identity, yamux, script);
    const said = encodeIdentify({
      publicKey: identity.publicKeyProtobuf,
      listenAddresses,
      protocols: [KAD],
      agentVersion: 'mallory/1.0.0',
    });
    yamux.onAgreed = (protocol, stream) => {
      if (protocol === KAD) {
        peer.streams.push(stream);
        void peer.#serve(stream);
        return;
      }
      stream.send(said);
      stream.end();
    };
    await node.identify(identity.peerId);
    return peer;
  }

  get peerId(): string {
    return this.identity.peerId;
  }

  /** How often it was asked such a thing. */
  timesAsked(type: KadType): number {
    return this.asked.filter((question) => question.type === type).length;
  }

  /** What the node answers to one question of ours, on a stream of its own. */
  async ask(question: Partial<KadMessage> & Pick<KadMessage, 'type'>): Promise<KadMessage> {
    const [answer] = await this.askAll([question]);
    return answer as KadMessage;
  }

  /** What it answers to several, one after another on one stream. */
  async askAll(questions: readonly (Partial<KadMessage> & Pick<KadMessage, 'type'>)[]): Promise<readonly KadMessage[]> {
    const stream = await this.yamux.openStream(KAD);
    const answers: KadMessage[] = [];
    for (const question of questions) {
      stream.send(kadFrame(question));
      answers.push(await readMessage(stream));
    }
    stream.end();
    return answers;
  }

  /** The node resets the stream on which it was said something. */
  async expectRefused(...said: readonly Uint8Array[]): Promise<void> {
    const stream = await this.yamux.openStream(KAD);
    stream.send(...said);
    await stream.expectReset();
  }

  async #serve(stream: HostileStream): Promise<void> {
    try {
      for (;;) {
        const question = await readMessage(stream);
        this.asked.push(question);
        const answer = this.script[question.type];
        if (answer !== undefined) answer(stream, question);
        else if (question.type !== 'ADD_PROVIDER') stream.send(kadFrame({ type: question.type, key: question.key }));
      }
    } catch {
      // The node has ended the stream, or says nothing more on it.
    }
  }
}

/** Waits until the table of the node's DHT holds so many. */
export async function expectTable({ node }: Target, peers: number): Promise<void> {
  await eventually(`${peers} peers in the table`, () => node.dhts[0]?.view.peers === peers);
}

async function readMessage(stream: HostileStream): Promise<KadMessage> {
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const [byte = 0] = await stream.read(1);
    length |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  return decodeKad(await stream.read(length));
}
