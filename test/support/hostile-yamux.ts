/** The hostile peer above its secure channel: yamux by the frame, and streams that negotiate. */
import { LIMITS } from '../../src/limits.js';
import { encodeYamuxHeader, YAMUX_FLAG, YAMUX_TYPE } from '../../src/wire/yamux.js';
import { BytePipe, eventually } from './hostile-pipe.js';
import { agree, lines, propose, upgradeToSecured, type SecurePipe, type UpgradeOptions } from './hostile-peer.js';
import { concat } from './decoding.js';

const { SYN, ACK, FIN, RST } = YAMUX_FLAG;
const { data, windowUpdate, ping } = YAMUX_TYPE;
const FRAME_BYTES = 65_536;

/** One frame of the node. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly length: number;
}

/** One stream, whoever opened it. Sends without a look at its credit. */
export class HostileStream extends BytePipe {
  /** Whether the node reset it. */
  wasReset = false;
  /** What the node's window still takes. */
  creditBytes: number = LIMITS.yamuxInitialWindowBytes;
  /** Gives credit back for all that comes. */
  grants = true;

  constructor(
    readonly yamux: HostileYamux,
    readonly id: number,
  ) {
    super();
  }

  send(...pieces: readonly Uint8Array[]): void {
    const bytes = concat(...pieces);
    for (let at = 0; at < bytes.length; at += FRAME_BYTES) {
      const part = bytes.subarray(at, at + FRAME_BYTES);
      this.creditBytes -= part.length;
      this.yamux.sendData(this.id, part);
    }
  }

  /** Half-closes. */
  end(): void {
    this.yamux.send(windowUpdate, FIN, this.id, 0);
  }

  reset(): void {
    this.yamux.send(windowUpdate, RST, this.id, 0);
  }

  /** The connection is gone. */
  lost(): void {
    this.ended();
  }

  async expectReset(): Promise<void> {
    await eventually(`the node resets stream ${this.id}`, () => this.wasReset);
  }

  hear(frame: Frame, body: Uint8Array): void {
    if (frame.type === windowUpdate && (frame.flags & RST) === 0) this.creditBytes += frame.length;
    if (body.length > 0) {
      this.received(body);
      if (this.grants) this.yamux.send(windowUpdate, 0, this.id, body.length);
    }
    if ((frame.flags & RST) !== 0) this.wasReset = true;
    if ((frame.flags & (RST | FIN)) !== 0) this.ended();
  }
}

/** A yamux session of the hostile peer. */
export class HostileYamux {
  readonly frames: Frame[] = [];
  readonly streams = new Map<number, HostileStream>();
  /** Whether it takes the node's streams and answers its pings; `false`: it says nothing. */
  acknowledges = true;
  /** Hears of each stream of the node that has agreed, in the place of {@link accept}. */
  onAgreed: ((protocol: string, stream: HostileStream) => void) | undefined;
  readonly #offered = new Map<string, HostileStream[]>();
  #nextId: number;

  /** `speaks`: what the node's streams may agree on; others are declined. */
  constructor(
    readonly pipe: SecurePipe,
    readonly speaks: readonly string[],
    isDialer = true,
  ) {
    this.#nextId = isDialer ? 1 : 2;
    // It reads until the connection ends, and so do its streams.
    this.#read().catch(() => {
      for (const stream of this.streams.values()) stream.lost();
    });
  }

  /** Puts one frame on the wire, whatever it says. */
  send(type: number, flags: number, id: number, length: number, body: Uint8Array = new Uint8Array(0)): void {
    this.pipe.send(encodeYamuxHeader(type, flags, id, length), body);
  }

  sendData(id: number, body: Uint8Array, flags = 0): void {
    this.send(data, flags, id, body.length, body);
  }

  /** The first frame of the node that `matches`, past or to come. */
  frame(what: string, matches: (frame: Frame) => boolean): Promise<Frame> {
    return eventually(what, () => this.frames.find(matches));
  }

  /** The node says goodbye with this code, and closes. */
  async expectGoAway(code: number): Promise<void> {
    await this.frame(`go-away ${code}`, ({ type, length }) => type === YAMUX_TYPE.goAway && length === code);
    await this.pipe.raw.expectClosed();
  }

  /** A stream opened with SYN and nothing more. */
  open(): HostileStream {
    const stream = new HostileStream(this, this.#nextId);
    this.#nextId += 2;
    this.streams.set(stream.id, stream);
    this.send(windowUpdate, SYN, stream.id, 0);
    return stream;
  }

  /** A stream that has agreed on `protocol`. */
  async openStream(protocol: string): Promise<HostileStream> {
    const stream = this.open();
    await propose(stream, protocol);
    return stream;
  }

  /** The next stream that the node opened for `protocol`. */
  accept(protocol: string): Promise<HostileStream> {
    return eventually(`the node opens ${protocol}`, () => this.#offered.get(protocol)?.shift());
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
      while (this.pipe.waitingBytes < 12 && !this.pipe.isOver) await new Promise((resolve) => setTimeout(resolve, 1));
      const head = Buffer.from(await this.pipe.read(12));
      const frame = {
        type: head.readUInt8(1),
        flags: head.readUInt16BE(2),
        id: head.readUInt32BE(4),
        length: head.readUInt32BE(8),
      };
      const body = frame.type === data ? await this.pipe.read(frame.length) : new Uint8Array(0);
      this.frames.push(frame);
      if (frame.type === ping && (frame.flags & SYN) !== 0 && this.acknowledges) this.send(ping, ACK, 0, frame.length);
      else if (frame.type === data || frame.type === windowUpdate) this.#streamFrame(frame, body);
    }
  }

  #streamFrame(frame: Frame, body: Uint8Array): void {
    let stream = this.streams.get(frame.id);
    if (stream === undefined && (frame.flags & SYN) !== 0) {
      stream = new HostileStream(this, frame.id);
      this.streams.set(frame.id, stream);
      if (this.acknowledges) this.send(windowUpdate, ACK, frame.id, 0);
      if (this.acknowledges) this.#negotiate(stream).catch(() => undefined);
    }
    stream?.hear(frame, body);
  }

  async #negotiate(stream: HostileStream): Promise<void> {
    await stream.readLine();
    stream.send(lines('/multistream/1.0.0'));
    for (;;) {
      const protocol = await stream.readLine();
      if (!this.speaks.includes(protocol)) {
        stream.send(lines('na'));
        continue;
      }
      stream.send(lines(protocol));
      if (this.onAgreed !== undefined) {
        this.onAgreed(protocol, stream);
        return;
      }
      const offered = this.#offered.get(protocol) ?? [];
      this.#offered.set(protocol, [...offered, stream]);
      return;
    }
  }
}

/** Options of {@link upgradeToYamux}. */
export interface YamuxOptions extends UpgradeOptions {
  /** What the node's streams may agree on. Default nothing. */
  readonly speaks?: readonly string[];
}

/** Dials and walks up to yamux. */
export async function upgradeToYamux(address: string, options: YamuxOptions = {}): Promise<HostileYamux> {
  const pipe = await upgradeToSecured(address, options);
  await propose(pipe, '/yamux/1.0.0');
  return new HostileYamux(pipe, options.speaks ?? []);
}

/** Takes the node's dial up to yamux, in the secure channel that stands. */
export async function acceptYamux(pipe: SecurePipe, speaks: readonly string[] = []): Promise<HostileYamux> {
  await agree(pipe);
  return new HostileYamux(pipe, speaks, false);
}
