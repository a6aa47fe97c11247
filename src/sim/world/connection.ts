/** A simulated connection: two ends, a pipe each way, and what the network does to it as a whole. */
import { EngineError } from '../../errors.js';
import { LIMITS } from '../../limits.js';
import type { Agenda } from './agenda.js';
import { Dice } from './dice.js';
import type { NodePort } from './node-port.js';
import type { Path } from './path.js';
import { Pipe } from './pipe.js';
import { Socket } from './socket.js';

/** What somebody who watches the network hears of a connection. */
export type ConnectionEvent = 'opened' | 'corrupted' | 'reset' | 'closed';

/** What a connection is made of. */
export interface ConnectionParts {
  readonly agenda: Agenda;
  readonly seed: string;
  readonly dialer: NodePort;
  readonly listener: NodePort;
  readonly there: Path;
  readonly back: Path;
  readonly tell: (event: ConnectionEvent, connection: Connection) => void;
}

/** Two sockets and what runs between them. */
export class Connection {
  /** `n1>n2/3`: dialer, listener, and which of their connections it is. */
  readonly id: string;
  readonly near: Socket;
  readonly far: Socket;
  readonly #parts: ConnectionParts;
  readonly #there: Pipe;
  readonly #back: Pipe;

  constructor(parts: ConnectionParts) {
    const { dialer, listener, there, back } = parts;
    this.#parts = parts;
    const number = ++there.connections;
    this.id = `${dialer.name}>${listener.name}/${number}`;
    const nearAddress = `/memory/${dialer.name}.${listener.name}.${number}`;
    const farAddress = `/memory/${listener.name}`;
    const onGone = (): void => this.#closeWhenGone();
    this.near = new Socket(dialer, nearAddress, farAddress, onGone);
    this.far = new Socket(listener, farAddress, nearAddress, onGone);
    this.#there = this.#pipe(there, this.near, this.far, 'there');
    this.#back = this.#pipe(back, this.far, this.near, 'back');
    this.#there.twin = this.#back;
    this.#back.twin = this.#there;
    this.near.outgoing = this.far.incoming = this.#there;
    this.near.incoming = this.far.outgoing = this.#back;
    parts.tell('opened', this);
  }

  /** Whether it is between the two nodes, whichever dialed. */
  isBetween(one: string, other: string): boolean {
    const { dialer, listener } = this.#parts;
    return (dialer.name === one && listener.name === other) || (dialer.name === other && listener.name === one);
  }

  /** The end at a node. */
  endAt(name: string): Socket {
    return this.#parts.dialer.name === name ? this.near : this.far;
  }

  /** Bytes that the node has written, and that the other one has read of them. */
  bytesFrom(name: string): { readonly sent: number; readonly read: number } {
    const { sentBytes: sent, takenBytes: read } = this.endAt(name).outgoing;
    return { sent, read };
  }

  /** Both ends hear a reset, now. */
  reset(): void {
    this.#parts.tell('reset', this);
    for (const socket of [this.near, this.far]) {
      socket.port.run(() => socket.wasReset());
    }
  }

  /** The node's end is gone, as after a fault of its system; the other one is not told and gets no answer any more. */
  forgetAt(name: string): void {
    const end = this.endAt(name);
    end.outgoing.isSilent = true;
    end.incoming.isSilent = true;
    const what = `simulated: ${name} lost its connection with ${end.remoteAddress}`;
    end.port.run(() => end.tear(new EngineError('ERR_TRANSPORT_FAILED', 'remote', what)));
  }

  /** What the node sends comes no further from now on; the other direction goes on as far as it can. */
  silenceFrom(name: string): void {
    this.endAt(name).outgoing.isSilent = true;
  }

  #pipe(path: Path, source: Socket, sink: Socket, direction: string): Pipe {
    const { agenda, seed, tell } = this.#parts;
    const dice = new Map<string, Dice>();
    return new Pipe(
      agenda,
      path,
      {
        sinkState: () => {
          if (sink.state === 'silent' || !sink.port.isUp) return 'silent';
          return sink.state === 'lost' ? 'lost' : 'there';
        },
        deliver: (segment) => sink.arrive(segment),
        refused: () => source.port.run(() => source.wasReset()),
        drained: () => source.drained(),
        corrupted: () => tell('corrupted', this),
        torn: () => this.reset(),
      },
      { highWaterBytes: LIMITS.simulatedPipeBytes },
      (use) => {
        const known = dice.get(use);
        if (known !== undefined) return known;
        const made = new Dice(seed, `${this.id}/${direction}/${use}`);
        dice.set(use, made);
        return made;
      },
    );
  }

  #closeWhenGone(): void {
    if (this.near.state === 'open' || this.far.state === 'open') return;
    this.#there.close();
    this.#back.close();
    this.#parts.tell('closed', this);
  }
}
