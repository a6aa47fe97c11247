/** Gets a script its connection, by dialing or by listening, and plays it there. */
import type { Clock, TransportConnection, TransportListener } from '../../../ports.js';
import { joinPeerAddress } from '../../../wire/multiaddr.js';
import type { Over } from '../over.js';
import type { Command } from '../script/commands.js';
import { ScriptFailure } from './failure.js';
import { Interpreter, type InterpreterOptions } from './interpreter.js';
import type { Outcome, Running } from './running.js';
import type { Stage } from './stage.js';
import { printExchange } from './transcript.js';

/** What a script is played with. */
export interface PlayOptions extends Omit<InterpreterOptions, 'onDone' | 'onFailed'> {
  readonly over: Over;
  readonly clock: Clock;
}

/** Plays the commands. */
export function playScript(options: PlayOptions, commands: readonly Command[]): Running {
  return new Player(options, commands);
}

class Player implements Running {
  readonly address: Promise<string>;
  readonly outcome: Promise<Outcome>;
  readonly #options: PlayOptions;
  readonly #commands: readonly Command[];
  #resolveAddress!: (address: string) => void;
  #rejectAddress!: (error: unknown) => void;
  #resolve!: (outcome: Outcome) => void;
  #reject!: (error: unknown) => void;
  #interpreter: Interpreter | undefined;
  #listener: TransportListener | undefined;
  #cancelDial: () => void = () => undefined;
  #deadline: unknown;
  #isOver = false;

  constructor(options: PlayOptions, commands: readonly Command[]) {
    this.#options = options;
    this.#commands = commands;
    this.address = new Promise((resolve, reject) => {
      this.#resolveAddress = resolve;
      this.#rejectAddress = reject;
    });
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever asked for them hears of it; nobody else has to.
    this.address.catch(() => undefined);
    this.outcome.catch(() => undefined);
    const { clock, timeoutMs, over } = options;
    this.#deadline = clock.setTimeout(() => this.#unconnected(`no connection within ${timeoutMs} ms`), timeoutMs);
    if (over.kind === 'dial') this.#dial(over);
    else this.#listen(over);
  }

  stop(): void {
    if (this.#interpreter === undefined) this.#unconnected('it was stopped');
    else this.#interpreter.stop();
  }

  #dial({ transport, address }: Over): void {
    this.#resolveAddress(address);
    this.#cancelDial = transport.dial(
      address,
      (connection) => this.#connected(connection),
      (error) => this.#failed(error),
    );
  }

  #listen({ transport, address }: Over): void {
    transport.listen(
      address,
      (connection) => this.#connected(connection),
      (listener) => {
        this.#listener = listener;
        if (this.#isOver) listener.close(() => undefined);
        const bound = listener.addresses[0] ?? address;
        this.#resolveAddress(joinPeerAddress(bound, this.#options.identity.peerId));
      },
      (error) => this.#failed(error),
    );
  }

  #connected(connection: TransportConnection): void {
    if (this.#interpreter !== undefined || this.#isOver) {
      connection.destroy();
      return;
    }
    const { clock } = this.#options;
    clock.clearTimeout(this.#deadline);
    const ends = { onDone: (stage: Stage) => this.#done(stage), onFailed: (error: unknown) => this.#failed(error) };
    this.#interpreter = new Interpreter({ ...this.#options, ...ends }, this.#commands, connection);
    this.#interpreter.start();
  }

  #done(stage: Stage): void {
    this.#finish();
    const { exchanged, saved, remotePeer } = stage;
    this.#resolve({
      localPeer: this.#options.identity.peerId,
      remotePeer,
      exchanged,
      saved: Object.fromEntries([...saved].map(([name, { value }]) => [name, value])),
      toString: () => printExchange(exchanged).join('\n'),
    });
  }

  #unconnected(why: string): void {
    const { over } = this.#options;
    const expected = [over.kind === 'dial' ? `a connection to ${over.address}` : `somebody to dial ${over.address}`];
    const commands = this.#commands;
    const failure = { step: 1, commands, expected, received: [why], bytes: new Uint8Array(0), exchanged: [] };
    this.#failed(new ScriptFailure(failure));
  }

  #failed(error: unknown): void {
    if (this.#isOver) return;
    this.#finish();
    this.#rejectAddress(error);
    this.#reject(error);
  }

  #finish(): void {
    this.#isOver = true;
    this.#options.clock.clearTimeout(this.#deadline);
    this.#cancelDial();
    this.#listener?.close(() => undefined);
  }
}
