/** A yamux session with a peer made of bare frames: what no honest peer sends can be sent too. */
import { YamuxMuxer, yamuxProtocol } from '../../src/actors/connection/yamux/muxer.js';
import type { Role } from '../../src/actors/connection/security.js';
import {
  decodeYamuxHeader,
  describeYamuxHeader,
  encodeYamuxHeader,
  YAMUX_FLAG,
  YAMUX_TYPE,
} from '../../src/wire/yamux.js';
import { concat } from './decoding.js';
import { MuxerWithPeer, type WithPeerOptions } from './muxer-with-peer.js';

type Flag = keyof typeof YAMUX_FLAG;

/** A frame from its parts; `body` only for data. */
export function frame(
  type: keyof typeof YAMUX_TYPE,
  flags: readonly Flag[],
  streamId: number,
  length: number,
  body: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const bits = flags.reduce((sum, flag) => sum | YAMUX_FLAG[flag], 0);
  return concat(encodeYamuxHeader(YAMUX_TYPE[type], bits, streamId, length), body);
}

export const syn = (streamId: number): Uint8Array => frame('windowUpdate', ['SYN'], streamId, 0);
export const data = (streamId: number, body: Uint8Array, ...flags: Flag[]): Uint8Array =>
  frame('data', flags, streamId, body.length, body);

/** Frames in words, bodies left out. */
export function describeFrames(bytes: Uint8Array): string[] {
  const words: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const header = decodeYamuxHeader(bytes, 1 << 30, at);
    if (header === undefined) throw new Error('half a header');
    words.push(describeYamuxHeader(header.value));
    at += header.size + (header.value.type === YAMUX_TYPE.data ? header.value.length : 0);
  }
  return words;
}

/** One of our sessions, and the wire to it. */
export class YamuxWithPeer extends MuxerWithPeer<YamuxMuxer> {
  /** `role` is ours. */
  constructor(role: Role = 'listener', options: WithPeerOptions = {}) {
    super({ protocol: yamuxProtocol, Session: YamuxMuxer, describe: describeFrames }, role, options);
  }
}
