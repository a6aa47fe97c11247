// libp2p-secio, composed from its own parts so that each handshake tells which suite it chose.
import handshake from 'libp2p-secio/src/handshake/index.js';
import State from 'libp2p-secio/src/state.js';
import support from 'libp2p-secio/src/support.js';
import pbRpc from 'it-pb-rpc';
import lengthPrefixed from 'it-length-prefixed';
import { describe, say } from '../control.mjs';

const { int32BEDecode, int32BEEncode } = lengthPrefixed;
const MAX_FRAME_BYTES = 1024 * 1024;
const suites = new Map();

/** Replaces what the library proposes, best first; the lists are the library's own arrays. */
export function limitSuites(flags) {
  for (const name of ['exchanges', 'ciphers', 'hashes']) {
    if (flags[name] !== undefined) support[name].splice(0, Infinity, ...flags[name].split(','));
  }
}

/** The suite of the last handshake with a peer: `{ exchange, cipher, hash }`. */
export const suiteOf = (peerId) => suites.get(peerId);

async function secure(direction, localPeer, duplex, remotePeer) {
  const state = new State(localPeer, remotePeer);
  const suite = {};
  const forget = state.cleanSecrets.bind(state);
  state.cleanSecrets = () => {
    const { curveT, cipherT, hashT } = state.protocols.local;
    Object.assign(suite, { exchange: curveT, cipher: cipherT, hash: hashT });
    forget();
  };
  try {
    await handshake(state, pbRpc(duplex, { lengthDecoder: int32BEDecode, lengthEncoder: int32BEEncode }));
  } catch (error) {
    say({ event: `${direction}Failed`, error: describe(error) });
    throw error;
  }
  const remote = state.id.remote;
  suites.set(remote.toB58String(), suite);
  say({ event: `${direction}Secured`, peerId: remote.toB58String(), ...suite });
  const { source, sink } = state.secure;
  return { conn: { source, sink: (pieces) => sink(inFrames(pieces)) }, remotePeer: remote };
}

/** mplex hands over all that waits as one piece, which could pass secio's frame limit of 8 MiB. */
async function* inFrames(pieces) {
  for await (const piece of pieces) {
    for (let from = 0; from < piece.length; from += MAX_FRAME_BYTES) {
      yield piece.slice(from, from + MAX_FRAME_BYTES);
    }
  }
}

/** A connection encrypter for js-libp2p 0.28. */
export const secio = {
  protocol: '/secio/1.0.0',
  secureInbound: (...args) => secure('inbound', ...args),
  secureOutbound: (...args) => secure('outbound', ...args),
};
