/** The hostile peer above its secure channel, with mplex: messages by the byte, and streams that negotiate. */
import { encodeMplexHeader, MPLEX_FLAG, mplexFlagName } from '../../src/wire/mplex.js';
import { concat } from './decoding.js';
import { propose, upgradeToSecured, type SecurePipe, type UpgradeOptions } from './hostile-peer.js';
import { BytePipe, eventually } from './hostile-pipe.js';

const MESSAGE_BYTES = 65_536;
type Flag = keyof typeof MPLEX_FLAG;

/** One message of the node. */
export interface Message {
  /** Name of its flag. */
  readonly flag: string;
  readonly id: number;
  readonly length: number;
}

/** One stream that the peer opened. */
export class HostileMplexStream extends BytePipe {
  /** Whether the node reset it. */
  wasReset = false;

  constructor(
    readonly mplex: HostileMplex,
    readonly id: number,
  ) {
    super();
  }

  send(...pieces: readonly Uint8Array[]): void {
    const bytes = concat(...pieces);
    for (let at = 0; at < bytes.length; at += MESSAGE_BYTES) {
      this.mplex.send('messageInitiator', this.id, bytes.subarray(at, at + MESSAGE_BYTES));
    }
  }

  /** Half-closes. */
  end(): void {
    this.mplex.send('closeInitiator', this.id);
  }

  reset(): void {
    this.mplex.send('resetInitiator', this.id);
  }

  /** The connection is gone. */
  lost(): void {
    this.ended();
  }

  async expectReset(): Promise<void> {
    await eventually(`the node resets stream ${this.id}`, () => this.wasReset);
  }

  hear({ flag }: Message, body: Uint8Array): void {
    if (body.length > 0) this.received(body);
    if (flag === 'resetReceiver') this.wasReset = true;
    if (flag === 'resetReceiver' || flag === 'closeReceiver') this.ended();
  }
}

/** An mplex session of the hostile peer. */
export class HostileMplex {
  /** Everything the node said. */
  readonly messages: Message[] = [];
  readonly streams = new Map<number, HostileMplexStream>();
  #nextId = 0;

  constructor(readonly pipe: SecurePipe) {
    this.#read().catch(() => {
      for (const stream of this.streams.values()) stream.lost();
    });
  }

  /** Puts one message on the wire; `length` says otherwise than the body where a test wants it to. */
  send(flag: Flag | number, id: number, body: Uint8Array = new Uint8Array(0), length = body.length): void {
    this.pipe.send(encodeMplexHeader(typeof flag === 'number' ? flag : MPLEX_FLAG[flag], id, length), body);
  }

  /** A stream opened with NewStream and nothing more. */
  open(): HostileMplexStream {
    const stream = new HostileMplexStream(this, this.#nextId++);
    this.streams.set(stream.id, stream);
    this.send('newStream', stream.id, Buffer.from(String(stream.id)));
    return stream;
  }

  /** A stream that has agreed on `protocol`. */
  async openStream(protocol: string): Promise<HostileMplexStream> {
    const stream = this.open();
    await propose(stream, protocol);
    return stream;
  }

  /** The next id that it would take is this one. */
  skipTo(id: number): void {
    this.#nextId = id;
  }

  /** An echo of `text` on a stream of its own: this connection still serves. */
  async expectEcho(text: string): Promise<void> {
    const stream = await this.openStream('/echo/1.0.0');
    const bytes = Buffer.from(text);
    stream.send(bytes);
    const answer = Buffer.from(await stream.read(bytes.length)).toString();
    if (answer !== text) throw new Error(`the echo of ${text} is ${answer}`);
    stream.end();
  }

  async #read(): Promise<void> {
    for (;;) {
      while (this.pipe.waitingBytes === 0 && !this.pipe.isOver) await new Promise((resolve) => setTimeout(resolve, 1));
      const tag = await this.#varint();
      const length = await this.#varint();
      const message = { flag: mplexFlagName(tag % 8), id: Math.floor(tag / 8), length };
      const body = await this.pipe.read(length);
      this.messages.push(message);
      if (message.flag.endsWith('Receiver')) this.streams.get(message.id)?.hear(message, body);
    }
  }

  async #varint(): Promise<number> {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const [byte = 0] = await this.pipe.read(1);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }
}

/** Dials and walks up to mplex. */
export async function upgradeToMplex(address: string, options: UpgradeOptions = {}): Promise<HostileMplex> {
  const pipe = await upgradeToSecured(address, options);
  await propose(pipe, '/mplex/6.7.0');
  return new HostileMplex(pipe);
}
