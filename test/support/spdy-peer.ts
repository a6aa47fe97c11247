/** A SPDY session with a peer made of bare frames: what no honest peer sends can be sent too. */
import { SpdyMuxer, spdyProtocol } from '../../src/actors/connection/spdy/muxer.js';
import type { Role } from '../../src/actors/connection/security.js';
import { MuxerWithPeer, type WithPeerOptions } from './muxer-with-peer.js';
import { describeFrames, SpdyFrameMaker } from './spdy-frames.js';

export * from './spdy-frames.js';

/** One of our sessions, and the wire to it. */
export class SpdyWithPeer extends MuxerWithPeer<SpdyMuxer> {
  readonly make = new SpdyFrameMaker();

  /** `role` is ours. */
  constructor(role: Role = 'listener', options: WithPeerOptions = {}) {
    super({ protocol: spdyProtocol, Session: SpdyMuxer, describe: describeFrames }, role, options);
  }
}
