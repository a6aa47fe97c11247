/** Scripts beside live peers: how they are dialed, how they dial, and the ping that they answer and ask. */
import { scriptedPeer, tcp, tcpListener, type Steps } from '../../../src/testing/scripted-peer/index.js';
import type { Peer } from '../../peers/peers.js';
import { pattern } from '../../support/streams.js';

/** Peers are programs of others on a busy machine: this only ends what hangs. */
export const LIVE_TIMEOUT_MS = 300_000;
const STEP_TIMEOUT_MS = 30_000;

export const PING = '/ipfs/ping/1.0.0';
export const PAYLOAD = pattern(32, 5);

/** A script that dials the peer. */
export const toPeer = (peer: Peer) => scriptedPeer({ over: tcp(peer.addresses[0]), timeoutMs: STEP_TIMEOUT_MS });

let listeners = 0;

/** A script that peers dial. Each is somebody else, so that no peer takes it for one that it knows. */
export function listener() {
  const number = ++listeners;
  const random = { bytes: (label: string, size: number) => pattern(size, number * 31 + label.length) };
  return scriptedPeer({ over: tcpListener(), timeoutMs: STEP_TIMEOUT_MS, random });
}

/** The peer pings once on a stream that it opens. */
export function answersPing(script: Steps, muxer: 'yamux' | 'mplex', name: string): Steps {
  return script[muxer]
    .accept(PING, { name })
    .expectBytes(32, { as: name })
    .sendBytes({ saved: name })
    .expectFin()
    .fin();
}
