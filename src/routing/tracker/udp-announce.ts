/** An announce over UDP (BEP 15): a socket, and what its machine orders. All calls in a turn. */
import type { Environment } from '../../actors/environment.js';
import { spawnMachine, type MachineActor } from '../../actors/spawn.js';
import { EngineError, toEngineError, type ErrorCode } from '../../errors.js';
import { udpTrackerMachine, type UdpTrackerEffect } from '../../machines/udp-tracker.js';
import type { Cancel, DatagramEndpoint, Datagrams, DatagramSocket } from '../../ports.js';
import type { TrackerAnswer, TrackerRequest } from '../../wire/tracker.js';
import { decodeUdpTracker, encodeUdpAnnounce, encodeUdpConnect, udpTransactionOf } from '../../wire/tracker-udp.js';
import type { AnnounceListener, TrackerTarget } from './client.js';

/** What one announce is made of. */
export interface UdpAnnounceOptions {
  /** Address of its actor. */
  readonly address: string;
  readonly datagrams: Datagrams;
  readonly target: TrackerTarget & { readonly kind: 'udp' };
  readonly request: TrackerRequest;
}

/** One announce. */
export class UdpAnnounce {
  readonly #environment: Environment;
  readonly #options: UdpAnnounceOptions;
  readonly #listener: AnnounceListener;
  readonly #machine: MachineActor<typeof udpTrackerMachine>;
  readonly #family: 4 | 6;
  #socket: DatagramSocket | undefined;
  #opening: Cancel = () => undefined;
  #transaction: Uint8Array = new Uint8Array(0);
  #connection: Uint8Array = new Uint8Array(0);
  #answer: TrackerAnswer = { intervalSeconds: 0, peers: [] };
  #cause: EngineError | undefined;

  constructor(environment: Environment, options: UdpAnnounceOptions, listener: AnnounceListener) {
    this.#environment = environment;
    this.#options = options;
    this.#listener = listener;
    // A name is looked up as the system likes; its IPv6 trackers have to be given by address.
    this.#family = options.target.host.includes(':') ? 6 : 4;
    const { trackerUdpRetryMs: retryMs, trackerUdpTries: tries } = environment.limits;
    this.#machine = spawnMachine(environment, udpTrackerMachine, {
      address: options.address,
      input: { retryMs, tries },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#end(() => this.#listener.failed(error)),
    });
  }

  start(): void {
    this.#machine.start();
  }

  /** Ends it without a word. */
  cancel(): void {
    this.#machine.send({ type: 'local.cancel' });
    this.#end(() => undefined);
  }

  #perform(effect: UdpTrackerEffect): void {
    switch (effect.type) {
      case 'open.socket':
        this.#open();
        return;
      case 'send.connect':
        this.#send(encodeUdpConnect(this.#newTransaction()));
        return;
      case 'send.announce':
        this.#send(encodeUdpAnnounce(this.#connection, this.#newTransaction(), this.#options.request));
        return;
      case 'report.answered':
        this.#end(() => this.#listener.answered(this.#answer));
        return;
      case 'report.failed':
        this.#end(() => this.#listener.failed(this.#failure(effect.code)));
        return;
      default:
        effect satisfies never;
    }
  }

  #open(): void {
    const { turns } = this.#environment;
    const failed = (error: EngineError): void => {
      turns.post(() => {
        this.#cause = error;
        this.#machine.send({ type: 'socket.failed' });
      });
    };
    this.#opening = this.#options.datagrams.open(
      { port: 0, family: this.#family },
      { onMessage: (bytes, from) => turns.post(() => this.#receive(bytes, from)), onFailed: failed },
      (socket) => {
        turns.post(() => {
          if (this.#machine.done) {
            socket.close();
            return;
          }
          this.#socket = socket;
          this.#machine.send({ type: 'socket.opened' });
        });
      },
      failed,
    );
  }

  #receive(bytes: Uint8Array, from: DatagramEndpoint): void {
    if (this.#machine.done || from.port !== this.#options.target.port) return;
    // Whoever does not know the transaction is not the tracker, or answers what was given up.
    const transaction = udpTransactionOf(bytes);
    if (transaction === undefined || !this.#transaction.every((byte, at) => byte === transaction[at])) return;
    try {
      const message = decodeUdpTracker(bytes, this.#family, this.#environment.limits);
      if (message.type === 'connected' && this.#machine.state === 'asking.connecting') {
        this.#connection = message.connection;
        this.#machine.send({ type: 'wire.connected' });
      } else if (message.type === 'announced' && this.#machine.state === 'asking.announcing') {
        this.#answer = message.answer;
        this.#machine.send({ type: 'wire.announced' });
      } else if (message.type === 'refused') {
        this.#cause = message.error;
        this.#machine.send({ type: 'wire.refused' });
      } else this.#machine.send({ type: 'wire.malformed' });
    } catch (thrown) {
      this.#cause = toEngineError(thrown, 'ERR_TRACKER_BAD_ANSWER', 'remote', 'tracker: no answer');
      this.#machine.send({ type: 'wire.malformed' });
    }
  }

  #send(bytes: Uint8Array): void {
    const { host, port } = this.#options.target;
    this.#socket?.send(bytes, { address: host, port });
  }

  #newTransaction(): Uint8Array {
    this.#transaction = this.#environment.random.bytes('tracker.transaction', 4).slice();
    return this.#transaction;
  }

  #end(tell: () => void): void {
    this.#opening();
    this.#socket?.close();
    this.#socket = undefined;
    tell();
  }

  #failure(code: ErrorCode): EngineError {
    const { url } = this.#options.target;
    if (this.#cause?.code === code) return this.#cause;
    const blame = code === 'ERR_TRACKER_UNEXPECTED' ? 'engine' : 'remote';
    return new EngineError(code, blame, `tracker: ${url}: no good answer`, { cause: this.#cause });
  }
}
