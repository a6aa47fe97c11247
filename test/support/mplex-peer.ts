/** An mplex session with a peer made of bare messages: what no honest peer sends can be sent too. */
import { MplexMuxer, mplexProtocol } from '../../src/actors/connection/mplex/muxer.js';
import type { Role } from '../../src/actors/connection/security.js';
import { decodeMplexHeader, describeMplexHeader, encodeMplexHeader, MPLEX_FLAG } from '../../src/wire/mplex.js';
import { concat, utf8 } from './decoding.js';
import { MuxerWithPeer, type WithPeerOptions } from './muxer-with-peer.js';

const NO_LIMITS = { messageBytes: 1 << 30, nameBytes: 1 << 30 };

/** A message from its parts; `length` says otherwise than the data where a test wants it to. */
export function message(
  flag: keyof typeof MPLEX_FLAG,
  streamId: number,
  body: Uint8Array = new Uint8Array(0),
  length: number = body.length,
): Uint8Array {
  return concat(encodeMplexHeader(MPLEX_FLAG[flag], streamId, length), body);
}

export const newStream = (streamId: number, name = String(streamId)): Uint8Array =>
  message('newStream', streamId, utf8(name));

/** Messages in words, data left out. */
export function describeMessages(bytes: Uint8Array): string[] {
  const words: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const header = decodeMplexHeader(bytes, NO_LIMITS, at);
    if (header === undefined) throw new Error('half a header');
    words.push(describeMplexHeader(header.value));
    at += header.size + header.value.length;
  }
  return words;
}

/** One of our sessions, and the wire to it. */
export class MplexWithPeer extends MuxerWithPeer<MplexMuxer> {
  /** `role` is ours. */
  constructor(role: Role = 'listener', options: WithPeerOptions = {}) {
    super({ protocol: mplexProtocol, Session: MplexMuxer, describe: describeMessages }, role, options);
  }
}
