/**
 * The security handler of plaintext 1.0, as js-libp2p had it to 0.26: agreed by multistream, then nothing. No message, no
 * identity, no protection; there is nothing to decide, so there is no machine. Who the remote is follows from the peer id
 * that was dialed; otherwise nobody knows until identify has said so, and nothing proves either.
 */
import type { Observable } from 'rxjs';
import type { StateStay } from '../../../errors.js';
import type { ConnectionMessage } from '../../../messages.js';
import { PLAINTEXT_1_ID } from '../../../wire/plaintext.js';
import type { Secured, SecurityHandler, SecurityOptions, SecurityProtocol } from '../security.js';
import { SecurityEnds } from '../security-ends.js';

/** `/plaintext/1.0.0`: for looking at old nodes, and for nothing else. */
export const unprovenPlaintextProtocol: SecurityProtocol = {
  id: PLAINTEXT_1_ID,
  awaitsNothing: true,
  create: (options) => new UnprovenPlaintextHandler(options),
};

class UnprovenPlaintextHandler implements SecurityHandler {
  readonly address: string;
  readonly layer = 'plaintext';
  readonly stays: readonly StateStay[] = [];
  readonly #options: SecurityOptions;
  readonly #ends: SecurityEnds;
  #isSecured = false;
  /** What came before the owner heard that the channel is up: what multistream had read too far. */
  readonly #early: ConnectionMessage[] = [];

  constructor(options: SecurityOptions) {
    this.#options = options;
    this.#ends = new SecurityEnds(options, 'plaintext', () => this.#early.splice(0));
    this.address = this.#ends.address;
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.#ends.inbound;
  }

  get outbound$(): Observable<ConnectionMessage> {
    return this.#ends.outbound;
  }

  /** In a turn of its own: the owner must be done with the hop before it hears of the end of this one. */
  start(): void {
    this.#options.environment.turns.post(() => this.#secure());
  }

  receive(message: ConnectionMessage): void {
    if (this.#ends.disposed) return;
    if (!this.#isSecured) {
      this.#early.push(message);
      return;
    }
    this.#ends.tellPlaintext('inbound', message.chunks);
    this.#ends.publish('inbound', message.chunks, message.event, message.error);
  }

  send(message: ConnectionMessage): void {
    if (this.#ends.disposed || message.length === 0) return;
    this.#ends.tellPlaintext('outbound', message.chunks);
    this.#ends.publish('outbound', message.chunks);
  }

  dispose(): void {
    this.#ends.dispose();
  }

  #secure(): void {
    if (this.#ends.disposed) return;
    const secured = unprovenPeer(this.#options.expectedPeer);
    this.#ends.show('inbound', [], { type: 'plaintext.unproven', peer: secured.remotePeer });
    this.#options.onSecured(secured);
    this.#isSecured = true;
    for (const message of this.#early.splice(0)) this.receive(message);
  }
}

/** What is known of the remote: whom we dialed, or nobody until somebody names it. */
function unprovenPeer(expectedPeer: string | undefined): Secured {
  const known = {
    unproven: true,
    remotePublicKeyProtobuf: new Uint8Array(0),
    agreed: { identity: 'unproven' },
  } as const;
  if (expectedPeer !== undefined) return { remotePeer: expectedPeer, ...known };
  let remotePeer = '';
  return {
    get remotePeer() {
      return remotePeer;
    },
    name: (peer) => {
      remotePeer = peer;
    },
    ...known,
  };
}
