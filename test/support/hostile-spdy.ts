/** The hostile peer above plaintext 1.0: SPDY by the frame, and streams that negotiate. */
import {
  encodeSpdyData,
  encodeSpdySettings,
  SPDY_FLAG,
  SPDY_HEADER_BYTES,
  SPDY_MAX_UINT31,
  SPDY_SETTING,
} from '../../src/wire/spdy.js';
import { propose } from './hostile-peer.js';
import { BytePipe, connectRaw, eventually, type RawPeer } from './hostile-pipe.js';
import { concat } from './decoding.js';
import { describeFrames, SpdyFrameMaker, widen } from './spdy-peer.js';

/** One stream that the peer opened. Sends without a look at its credit. */
export class HostileSpdyStream extends BytePipe {
  constructor(
    readonly spdy: HostileSpdy,
    readonly id: number,
  ) {
    super();
  }

  send(...pieces: readonly Uint8Array[]): void {
    const body = concat(...pieces);
    this.spdy.send(encodeSpdyData(this.id, 0, body.length), body);
  }

  /** Half-closes. */
  end(): void {
    this.spdy.send(encodeSpdyData(this.id, SPDY_FLAG.FIN, 0));
  }

  hear(body: Uint8Array): void {
    this.received(body);
  }
}

/** A SPDY session of the hostile peer, which dialed. */
export class HostileSpdy {
  /** What the node sent, in words: see {@link describeFrames}. */
  readonly frames: string[] = [];
  readonly make = new SpdyFrameMaker();
  readonly #streams = new Map<number, HostileSpdyStream>();
  #nextId = 1;

  constructor(readonly raw: RawPeer) {
    this.#read().catch(() => undefined);
  }

  /** Puts bytes on the wire, whatever they say. */
  send(...frames: readonly Uint8Array[]): void {
    this.raw.send(...frames);
  }

  /** The node has sent this frame. */
  async expectFrame(pattern: RegExp): Promise<void> {
    await eventually(`a frame ${String(pattern)}`, () => this.frames.some((frame) => pattern.test(frame)));
  }

  /** A stream opened and nothing more. */
  open(): HostileSpdyStream {
    const stream = new HostileSpdyStream(this, this.#nextId);
    this.#nextId += 2;
    this.#streams.set(stream.id, stream);
    this.send(this.make.syn(stream.id));
    return stream;
  }

  /** A stream that has agreed on `protocol`. */
  async openStream(protocol: string): Promise<HostileSpdyStream> {
    const stream = this.open();
    await propose(stream, protocol);
    return stream;
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
      while (this.raw.waitingBytes < SPDY_HEADER_BYTES && !this.raw.isOver)
        await new Promise((resolve) => setTimeout(resolve, 1));
      const head = await this.raw.read(SPDY_HEADER_BYTES);
      const body = await this.raw.read(Buffer.from(head).readUIntBE(5, 3));
      this.frames.push(...describeFrames(concat(head, body)));
      const isData = (head[0] ?? 0) < 0x80;
      if (isData) this.#streams.get(Buffer.from(head).readUInt32BE(0))?.hear(body);
    }
  }
}

/** Dials, walks up to SPDY, and lets the node send all it wants to. */
export async function upgradeToSpdy(address: string): Promise<HostileSpdy> {
  const raw = await connectRaw(address);
  await propose(raw, '/plaintext/1.0.0');
  await propose(raw, '/spdy/3.1.0');
  const spdy = new HostileSpdy(raw);
  spdy.send(encodeSpdySettings([[SPDY_SETTING.initialWindowSize, 1 << 30]]), widen(0, SPDY_MAX_UINT31 - 65_536));
  return spdy;
}
